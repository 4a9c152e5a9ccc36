// A single-page app of plain modules, without a build: views that are functions, made anew when something changes. The same
// with React and a bundler is in react/.
import { allowed, decisions, on, open, ready } from "unticked";

const h = (tag, props, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

// Marked in the view as in a page: the gate sees what comes later, too.
const Film = () => h("iframe", { "data-category": "media", "data-src": "{{elsewhere}}/film", title: "The linden avenue", width: 640, height: 256 });
// Or asked for in code: nothing is imported before a yes.
const Statistics = () => h("p", null, allowed("statistics") ? "This view counts." : "This view does not count.");
const Decisions = () => h("pre", null, JSON.stringify(decisions(), null, 1));

const views = {
  "#/": () => [h("h1", null, "A single-page app"), Statistics(), Decisions()],
  "#/film": () => [h("h1", null, "The film"), Film(), Decisions()],
};

function render() {
  const view = views[location.hash] ?? views["#/"];
  const links = Object.keys(views).map((hash) => h("a", { href: hash }, hash));
  const settings = h("button", { type: "button", onClick: () => open() }, "Privacy settings");
  document.getElementById("root").replaceChildren(h("p", null, links[0], " ", links[1]), h("main", null, ...view()), settings);
}

addEventListener("hashchange", render);
on("decided", render);
ready.then(render);
render();
