// Mirrors decisions to a registered CMP, for owners whose advertising needs a TCF or GPP string.
//
// Unticked is no registered CMP and does not claim to be one: it never defines `__tcfapi` or `__gpp`, writes no string and
// grants nothing by what a CMP says. The owner's functions tell the CMP; then the CMP is asked what it now holds, and each
// difference is reported. A CMP that does not do as it is told is a finding, not a decision.

import { decisions, on, ready } from "./index.js";

/** Milliseconds that a CMP has for an answer. */
const PATIENCE = 3000;

/** Calls an API of the page's, and answers with what it called back; rejects where there is none, or no answer. */
const ask = (name, before, after = []) =>
  new Promise((resolve, reject) => {
    const api = Object.hasOwn(window, name) ? window[name] : null;
    if (typeof api !== "function") {
      reject(new Error("there is no " + name + " on this page"));
      return;
    }
    const late = setTimeout(() => reject(new Error(name + " does not answer")), PATIENCE);
    api(...before, (data, success) => {
      clearTimeout(late);
      if (success === false) reject(new Error(name + " refuses to answer"));
      else resolve(data);
    }, ...after);
  });

const differences = {
  // `purposes`: from a TCF purpose's number to a purpose of ours.
  async tcf({ purposes = {} }, ours) {
    const data = await ask("__tcfapi", ["getTCData", 2]);
    const consents = (data && data.purpose && data.purpose.consents) || {};
    return Object.entries(purposes).map(([number, purpose]) => {
      return { api: "tcf", at: number, purpose, ours: ours[purpose] === "granted", theirs: consents[number] === true };
    });
  },
  // `fields`: from a GPP field (`usnat.SaleOptOut`) to a purpose of ours and the values that mean yes.
  async gpp({ fields = {} }, ours) {
    return Promise.all(Object.entries(fields).map(async ([field, { purpose, granted }]) => {
      const value = await ask("__gpp", ["getField"], [field]);
      return { api: "gpp", at: field, purpose, ours: ours[purpose] === "granted", theirs: [].concat(granted).includes(value) };
    }));
  },
};

/**
 * Tells the CMP now and after each decision, and checks what it then says. Answers what ends it.
 *
 * `tcf` and `gpp`: `{ tell(decisions), purposes | fields }`. `differs` hears each list of differences; without it the
 * console does.
 */
export function mirror({ tcf, gpp, differs = (list) => console.warn("Unticked: the CMP holds something else.", list) }) {
  let last = Promise.resolve();
  const check = async (name, owner, ours) => {
    try {
      await owner.tell({ ...ours });
      const found = (await differences[name](owner, ours)).filter((one) => one.ours !== one.theirs);
      if (found.length) differs(found);
    } catch (error) {
      differs([{ api: name, error }]);
    }
  };
  // One after the other: an answer to an older decision is not held against a newer one.
  const tell = () => {
    last = last.then(async () => {
      const ours = decisions();
      if (tcf) await check("tcf", tcf, ours);
      if (gpp) await check("gpp", gpp, ours);
    });
    return last;
  };
  let over = false;
  ready.then(() => { if (!over) tell(); });
  const off = on("decided", tell);
  return () => {
    over = true;
    off();
  };
}
