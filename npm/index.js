// The gate's verbs as a module, for code that may run before the gate, without it, or on a server.
//
// What is called before the gate is there waits for it in `window.unticked.q`; what is asked before is answered as the gate
// answers when it knows nothing: no. Nothing is loaded and nothing is stored here.

const here = typeof window === "undefined" ? null : window;

/** The gate, where it is; an element of that name is not taken for it. */
const gate = () => {
  const own = here && Object.hasOwn(here, "unticked") ? here.unticked : null;
  return own && typeof own.allowed === "function" ? own : null;
};

const later = (call) => {
  if (!here) return;
  if (!Object.hasOwn(here, "unticked") || !here.unticked || !Array.isArray(here.unticked.q)) here.unticked = { q: [] };
  here.unticked.q.push(call);
};

const verb = (name) => (...purposes) => {
  const known = gate();
  if (known) known[name](...purposes);
  else later([name, ...purposes]);
};

export const grant = verb("grant");
export const refuse = verb("refuse");
export const withdraw = verb("withdraw");

export const open = () => {
  const known = gate();
  if (known) known.open();
  else later(["open"]);
};

export const allowed = (purpose) => {
  const known = gate();
  return known ? known.allowed(purpose) : false;
};

export const decisions = () => {
  const known = gate();
  return known ? known.decisions() : {};
};

export const on = (name, listener) => {
  if (!here) return () => {};
  const hear = (event) => listener(event.detail);
  here.document.addEventListener("unticked:" + name, hear);
  return () => here.document.removeEventListener("unticked:" + name, hear);
};

/** On a server, and where the gate is blocked, it stays open. */
export const ready = new Promise((resolve) => {
  const known = gate();
  // A function in the queue is called with the gate.
  if (known) resolve(known);
  else later(resolve);
});
