// A single-page app without a framework: views come and go, and the forms in them with them.
const collector = "{{collector}}";
const view = document.getElementById("view");
const heard = document.getElementById("events");

/** A form as a page makes it: an element, and a link for when nothing else arrives. */
function form(name) {
  const element = document.createElement("unticked-form");
  element.setAttribute("form", name);
  const link = document.createElement("a");
  link.href = `${collector}/f/${name}`;
  link.textContent = `Open the ${name} form`;
  element.append(link);
  return element;
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

const views = {
  "/": () => [paragraph("Choose a view. Each makes its forms anew and takes them away again.")],
  "/contact": () => [form("contact")],
  "/event": () => [form("event")],
  "/both": () => [form("contact"), form("event")],
};

function show() {
  const make = views[location.hash.slice(1)] ?? views["/"];
  view.replaceChildren(...make());
}

// The forms' events bubble and leave the shadow root, so one listener serves all forms, now and later.
for (const name of ["ready", "submitted", "error"]) {
  document.addEventListener(`unticked:${name}`, (event) => {
    const line = document.createElement("li");
    line.textContent = `${event.type} ${JSON.stringify(event.detail)}`;
    heard.prepend(line);
  });
}

addEventListener("hashchange", show);
show();
