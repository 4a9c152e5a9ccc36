// The page that checks a receipt: takes a file that is dropped, chosen or pasted, and shows what the Wasm says of it. The
// file stays here: after the Wasm has come this page asks nobody for anything.
"use strict";
const page = document.getElementById("receipt");
const find = (id) => document.getElementById(id);
const make = (tag, attributes, ...inside) => {
  const el = document.createElement(tag);
  for (const name in attributes) el.setAttribute(name, attributes[name]);
  el.append(...inside);
  return el;
};
// Bytes: one more than any receipt may have is enough to say that it is too large.
const MOST = (1 << 20) + 1;
let check, checked, held;

const show = (report) => {
  const result = find("result");
  result.hidden = false;
  result.dataset.outcome = report.outcome;
  result.dataset.holds = report.holds;
  find("outcome").textContent = report.title;
  find("told").textContent = report.text;
  find("content").hidden = !report.holds;
  find("facts").replaceChildren(...report.facts.map(({ name, label, value, is_code }) =>
    make("div", { "data-fact": name }, make("dt", {}, label), make("dd", {}, is_code ? make("bdi", { dir: "ltr" }, value) : value))));
  const { language, direction } = report;
  find("decisions").replaceChildren(...report.decisions.map(({ purpose, decision, said, statement }) =>
    make("div", { class: "purpose", "data-purpose": purpose, "data-decision": decision },
      make("h4", {}, make("bdi", { dir: "ltr" }, purpose)),
      make("p", { class: "state" }, said),
      make("blockquote", { lang: language, dir: direction }, statement))));
  find("compare").hidden = !report.has_address;
  find("no-address").hidden = report.has_address;
  find("same").textContent = find("address").value = "";
  find("address").removeAttribute("aria-invalid");
  delete find("same").dataset.same;
  // Where another log's key is missing, there is the place for it.
  if (/^(foreign|other-key|wrong-key)$/.test(report.outcome)) document.querySelector("#check details").open = true;
  result.focus();
};
const look = (bytes) => {
  held = bytes;
  if (checked) checked.free();
  checked = check(bytes, find("key").value, page.lang, page.dataset.words);
  show(JSON.parse(checked.report()));
};
const read = async (file) => {
  try {
    look(new Uint8Array(await file.slice(0, MOST).arrayBuffer()));
  } catch {
    held = null;
    show({ holds: false, outcome: "unreadable", title: page.dataset.unreadable, text: "", facts: [], decisions: [] });
  }
};
const text = (words) => look(new TextEncoder().encode(words));

const start = async () => {
  const { glue, wasm } = page.dataset;
  const module = await import(glue);
  await module.default({ module_or_path: wasm });
  check = module.check;

  find("file").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    find("paste").value = "";
    read(file);
  });
  find("check").addEventListener("submit", (event) => {
    event.preventDefault();
    const pasted = find("paste").value;
    if (pasted.trim()) text(pasted);
    else if (held) look(held);
    else find("file").focus();
  });
  find("compare").addEventListener("submit", (event) => {
    event.preventDefault();
    const said = checked.address(find("address").value);
    const at = said.indexOf(" ");
    find("same").dataset.same = said.slice(0, at);
    find("same").textContent = said.slice(at + 1);
    if (said.startsWith("wrong")) find("address").setAttribute("aria-invalid", "true");
    else find("address").removeAttribute("aria-invalid");
  });
  // Anywhere on the page: a file that misses the field must not open in its place.
  const over = (on) => find("drop").classList.toggle("over", on);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", () => over(false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    const { files } = event.dataTransfer;
    const words = event.dataTransfer.getData("text");
    find("file").value = find("paste").value = "";
    if (files.length) read(files[0]);
    else if (words) text(words);
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (!file) return;
    event.preventDefault();
    read(file);
  });
  find("without").hidden = true;
  find("check").hidden = false;
};
// What to do instead stands on the page.
start().catch(() => {});
