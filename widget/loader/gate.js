// Unticked's gate: what the site loads waits for a yes, and each purpose has one of its own.
//
//   <script src="https://HOST/gate.js"></script>   classic and synchronous, the first in <head>
//   <script type="text/plain" data-category="statistics" src="…"></script>
//   <iframe data-category="media" data-src="…"></iframe>
//
// It works from what is stored on this device and asks nobody. What it does not know, or cannot read, is a no. Banner,
// placeholders, sending, and deleting what a purpose left that was taken back, are consent.js, which comes only where one of
// them is needed; until it has done its work, the entry says so (`u`).
//
// 3,000 bytes are all it may weigh, so names are short. Capitals stand for the whole script:
//   C the owner's configuration, P its purposes that are asked, Q their names, A other names for purposes, N those that
//   rest on another basis; E the entry on the device, L whether it counts, S what follows from it (1 granted, 0 refused,
//   null undecided), G whether it could be kept; T the Trusted Types policy; M the attributes that mark, F what they mark;
//   R purposes whose scripts have run, H closed frames, I scripts in line, D what was opened, with what;
//   U(list, one) is in it, V(purpose) is allowed, W(root) looks for marks, X(purpose) the browser objects, J(element) needs;
//   q tells a queue, j reads the entry, y decides, Y makes grant and refuse, Z lets a decision act, c starts a script, r what
//   is in line; h while the page is read, i whether something is undecided, _ looks at a marked element, $ opens or closes it.
// In a function p is a purpose, s are several, e is an element, n a node, name or number, v a value.
(() => {
  "use strict";
  const w = window, d = document, O = Object, K = "unticked";
  // Without a prototype, so that what a page adds to every object is nothing of ours.
  const B = (o) => ({ __proto__: null, ...o });
  const C = B("CONFIG"), P = B(C.p), A = B(C.a), N = C.n || [], Q = O.keys(P);
  // Of the window itself: an element may have that name, too.
  const z = (w.hasOwnProperty(K) && w[K]) || 0;
  if (z.allowed && !z.q) return;
  const nonce = (d.currentScript || 0).nonce, x = (v) => v;
  let E, L, G = 1, S = {}, T = { createHTML: x, createScript: x, createScriptURL: x }, l, b = 0, module, tries = 0;
  try { T = trustedTypes.createPolicy("unticked-gate", T); } catch {}
  const U = (s, p) => [].concat(s).includes(p);
  const heard = {};
  const warn = (v, e) => heard[v] || console.warn("Unticked: " + v + " stays closed", (heard[v] = e));

  // ---- What was decided.

  const X = (p) => P[p].g && (navigator.globalPrivacyControl || (C.k && navigator.doNotTrack == 1));
  const V = (p) => U(N, (p = A[p] || p)) || S[p] === 1;
  const i = () => Q.some((p) => S[p] == null);
  const j = () => {
    try { E = JSON.parse(localStorage.getItem(K)); } catch {}
    E = B(E);
    E.c = B(E.c);
    const v = Date.now() / 1e3 - E.t;
    L = v > -86400 && v < C.d;
  };
  // A grant counts for the very text that was shown and, while the browser objects, only if it was given in spite of that.
  const solve = () => {
    S = B();
    for (const p of Q) {
      const v = L && E.c[p], { t } = P[p];
      S[p] = v === 1 + t && (!X(p) || U(E.g, p)) ? 1 : X(p) || v === 0 + t ? 0 : null;
    }
  };
  // A storage that is full must not keep an older yes.
  const put = (v) => {
    E = v;
    try {
      G = 0;
      localStorage.removeItem(K);
      localStorage.setItem(K, JSON.stringify(v));
      G = 1;
    } catch {}
  };
  // The date moves only where everything was decided anew: nobody's older yes becomes younger.
  const y = (m) => {
    const n = Q.filter((p) => p in m).length, o = { t: L && n < Q.length ? E.t : Math.floor(Date.now() / 864e5) * 86400, c: {}, g: [], w: [], u: 1 };
    for (const p of Q) {
      const a = L && E.c[p], v = p in m ? m[p] : a ? S[p] : null;
      if (v == null) continue;
      o.c[p] = v + P[p].t;
      if (v ? (p in m ? X(p) : U(E.g, p)) : (a && a[0] == 1) || U(E.w, p)) o[v ? "g" : "w"].push(p);
      if (v && L && p == C.i) o.id = E.id;
    }
    if (n) put(o), (L = 1), Z(1);
  };
  const Y = (v) => (...s) => y(B(O.fromEntries(s.length ? s.map((p) => [A[p] || p, v]) : Q.map((p) => [p, v && (!X(p) || S[p]) ? 1 : 0]))));
  const grant = Y(1), refuse = Y(0);

  // ---- What others are told.

  const q = (n, ...v) => (w[n] && w[n].push ? w[n] : (w[n] = [])).push(...v);
  const word = (p) => (V(p) ? "granted" : "denied");
  function gtag() { q("dataLayer", arguments); }
  const tell = (v) => {
    const { google: g, uet: u, matomo: m } = B(C.s), y = V(m), o = {};
    if (v == "default" && i()) o.wait_for_update = 500;
    for (const t of O.keys(B(g))) o[t] = word(g[t]);
    if (g) gtag("consent", v, o);
    if (u) q("uetq", "consent", v, { ad_storage: word(u) });
    if (m && l == null) q("_paq", ["requireConsent"]);
    if (m && y != !!l) q("_paq", [y ? "setConsentGiven" : "forgetConsentGiven"]);
    l = y;
  };

  // ---- What is marked.

  const M = ["category", "cookiecategory", "c15t-category", "name", "src", "srcset", "href"].map((n) => "data-" + n);
  const F = 'script[type="text/plain"],link[data-href],[data-src],[data-srcset]';
  const R = new Set(), H = new Set(), I = [], D = new WeakMap();
  const h = () => d.readyState == "loading";
  const J = (e) => {
    const n = M.slice(0, 4).find((n) => e.hasAttribute(n));
    return n && e.getAttribute(n).trim().split(/[\s,]+/).map((p) => A[p] || p);
  };
  // A frame is emptied by being put in anew; it is filled anew, too, or Firefox would fill it again for whoever comes back
  // after a refusal. What is around a source must hear of it.
  const $ = (e, v) => {
    const s = M.slice(4).filter((n) => e.hasAttribute(n)), k = s.map((n) => e.getAttribute(n)).join();
    if (v ? D.get(e) === k : !D.delete(e)) return;
    if (v && e.localName == "iframe") e.replaceWith(e);
    for (const n of s) v ? e.setAttribute("href" in e ? "href" : n.slice(5), e.getAttribute(n)) : e.removeAttribute("href" in e ? "href" : n.slice(5));
    if (v) D.set(e, k), e.localName == "source" && e.parentNode.load?.();
    else e.replaceWith(e);
  };
  const _ = (e) => {
    const s = J(e) || [], p = s.find((p) => !U(N, p) && !P[p]), v = s[0] != null && s.every(V), soon = e.hasAttribute("async");
    if (p != null) warn("no purpose “" + p + "”: what it marks", e);
    else if (e.localName == "script") {
      if (v) soon ? c(e) : I.includes(e) || (h() && (e.defer || e.dataset.type == "module")) || I.push(e);
    } else if (s[0]) {
      $(e, v);
      if (e.localName == "iframe") H[v ? "delete" : "add"](e);
    }
  };
  const W = (e) => {
    const n = H.size;
    for (const v of [e, ...e.querySelectorAll(F)]) if (v.matches(F)) _(v);
    r();
    if (H.size > n) wake();
  };
  // While the page is read, a script's text is whole once something follows it.
  const r = () => {
    while (I[0] && (/src/.test(I[0].getAttributeNames()) || (!b && (!h() || I[0].nextSibling || I[0].parentNode.nextSibling)))) c(I.shift());
  };
  // A copy runs beside it, as the browser would have run the tag; nothing is left to run it again.
  const c = (e) => {
    const s = J(e), n = e.nonce, o = d.createElement("script");
    if (!s || !e.isConnected || !s.every(V)) return;
    if (nonce && n != nonce) return warn("a script without the nonce of gate.js", e);
    try {
      o.text = T.createScript(e.text);
      for (const { name: n, value: v } of [...e.attributes]) if (n != "type") {
        e.removeAttribute(n);
        o.setAttribute(n.replace(/^data-(src|type)$/, "$1"), /src$/.test(n) ? T.createScriptURL(v) : v);
      }
    } catch (v) {
      return console.error(v);
    }
    o.nonce = n;
    o.async = o.hasAttribute("async");
    if (o.src && !o.async && !o.noModule && /^$|script/.test(o.type)) o.onload = o.onerror = () => r(b--), b++;
    for (const p of s) R.add(p);
    e.after(o);
  };
  new MutationObserver((s) => {
    for (const v of s) for (const n of v.attributeName ? [v.target] : v.addedNodes) if (n.matches) W(n);
    r();
  }).observe(d, { childList: true, subtree: true, attributeFilter: M });

  // ---- What needs more than this.

  // Some engines remember what did not come, so each try has a name of its own.
  const call = (n, v) => {
    module = module || import(C.h + "/consent.js?" + tries++).then((m) => m.default({ C, T, H, api, choose: y, put, sig: X, names: J, entry: () => E, kept: () => G }));
    return module.then((m) => m[n](v), (e) => console.warn("Unticked: no banner", e, (module = 0)));
  };
  // Not while the page is read: some engines take no import map after the first import.
  const wake = (v) => h() || (((L && E.u) || i() || H.size) && call("wake", v));
  // A page is loaded anew only where a script has run that is no longer allowed: there is no other way to stop it.
  const Z = (v) => {
    const o = S;
    solve();
    const changed = Q.filter((p) => S[p] !== o[p]);
    if (!v && !changed[0]) return;
    tell("update");
    if (changed.some((p) => S[p] === 0 && R.has(p))) location.reload();
    else wake(v);
    W(d.documentElement);
    d.dispatchEvent(new CustomEvent("unticked:decided", { detail: { decisions: api.decisions(), changed } }));
  };
  // What another tab decided, or a later page. What could not be kept is not looked for.
  const sync = (v) => v && G && Z(j());
  const api = {
    decisions: () => O.fromEntries(Q.map((p) => [p, ["refused", "granted"][S[p]] || "undecided"])),
    allowed: V, grant, refuse,
    withdraw: (...s) => refuse(K, ...(s.length ? s : Q.filter(V))),
    open: (e) => call("open", e),
    visitor: () => (V(C.i) ? E.id : void 0),
    on: (n, v) => {
      const o = (e) => v(e.detail);
      d.addEventListener("unticked:" + n, o);
      return () => d.removeEventListener("unticked:" + n, o);
    },
  };
  api.ready = Promise.resolve(api);
  w[K] = O.freeze(api);

  j();
  solve();
  tell("default");
  W(d.documentElement);
  wake(1);
  // The browser's signal has come on since: that is a withdrawal, and recorded as one.
  refuse(K, ...Q.filter((p) => L && E.c[p] === 1 + P[p].t && S[p] === 0));
  d.addEventListener("click", (v) => {
    const e = v.target.closest?.("[data-unticked]"), o = { accept: grant, refuse, settings: () => api.open(e) }[e && e.dataset.unticked];
    if (o) v.preventDefault(), o();
  }, true);
  d.addEventListener("DOMContentLoaded", () => { W(d.documentElement); wake(1); });
  addEventListener("storage", ({ key: k }) => sync(k == K || k == null));
  addEventListener("pageshow", (v) => sync(v.persisted));
  addEventListener("online", wake);
  addEventListener("load", () => C.b && call("wake"));
  for (const f of [].concat(z.q || [])) f.call ? f(api) : api[f[0]](...f.slice(1));
})();
