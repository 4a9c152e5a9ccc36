// Unticked's gate: what the site loads waits for a yes, and each purpose has one of its own.
//
//   <script src="https://HOST/gate.js"></script>   classic and synchronous, the first in <head>
//   <script type="text/plain" data-category="statistics" src="…"></script>
//   <iframe data-category="media" data-src="…"></iframe>
//
// It works from what is stored on this device and asks nobody. What it does not know, or cannot read, is a no. Banner,
// placeholders and sending are consent.js, which comes only where one of them is needed.
//
// 3,000 bytes are all it may weigh, hence the names. C: the owner's configuration; P: its purposes that are asked, Q: their
// names; A: other names for purposes; N: those that rest on another basis. E: the entry on the device, L: whether it
// counts; S: what follows, 1 granted, 0 refused, null undecided. p is a purpose, ps are those that a tag needs.
(() => {
  "use strict";
  const w = window, d = document, O = Object, K = "unticked";
  // Without a prototype, so that what a page adds to every object is taken for nothing of ours.
  const B = (o) => ({ __proto__: null, ...o });
  const C = B("CONFIG"), P = B(C.p), A = B(C.a), N = C.n || [], Q = O.keys(P);
  // Of the window itself: an element may have the name, too.
  const stub = (O.getOwnPropertyDescriptor(w, K) || 0).value || 0;
  if (stub.allowed && !stub.q) return;
  const nonce = (d.currentScript || 0).nonce;
  const same = (text) => text;
  let T = { createHTML: same, createScript: same, createScriptURL: same };
  try { T = w.trustedTypes.createPolicy("unticked-gate", T); } catch {}
  const has = (list, one) => [].concat(list).includes(one);
  const heard = [];
  const warn = (text, el) => has(heard, text) || console.warn("Unticked: " + text, el, heard.push(text));

  // ---- What was decided.

  let E, L, S = {}, kept = 1, told;
  const sig = (p) => P[p].g && (navigator.globalPrivacyControl || (C.k && navigator.doNotTrack == 1));
  const may = (p) => has(N, (p = A[p] || p)) || S[p] === 1;
  const open = () => Q.some((p) => S[p] == null);
  const read = () => {
    try { E = JSON.parse(localStorage.getItem(K)); } catch {}
    E = B(E);
    E.c = B(E.c);
    const age = Date.now() / 1e3 - E.t;
    L = age > -86400 && age < C.d;
  };
  // A grant counts for the very text that was shown and, while the browser objects, only if it was given in spite of that.
  const solve = () => {
    S = B();
    for (const p of Q) {
      const v = L && E.c[p], { t } = P[p];
      S[p] = v === 1 + t && (!sig(p) || has(E.g, p)) ? 1 : sig(p) || v === 0 + t ? 0 : null;
    }
  };
  // A storage that is full must not keep an older yes.
  const put = (e) => {
    E = e;
    kept = 0;
    try {
      localStorage.removeItem(K);
      localStorage.setItem(K, JSON.stringify(e));
      kept = 1;
    } catch {}
  };
  // The date moves only where everything was decided anew: nobody's older yes becomes younger.
  const choose = (m) => {
    const n = Q.filter((p) => m.has(p)).length;
    if (!n) return;
    const e = { t: L && n < Q.length ? E.t : Math.floor(Date.now() / 864e5) * 86400, c: {}, g: [], w: [], u: 1 };
    for (const p of Q) {
      const was = L && E.c[p], v = m.has(p) ? m.get(p) : was ? S[p] : null;
      if (v == null) continue;
      e.c[p] = v + P[p].t;
      if (v ? (m.has(p) ? sig(p) : has(E.g, p)) : (was && was[0] == 1) || has(E.w, p)) e[v ? "g" : "w"].push(p);
    }
    if (L && e.c[C.i] && e.c[C.i][0] == 1) e.id = E.id;
    put(e);
    L = 1;
    apply(1);
  };
  const act = (y) => (...ps) => choose(new Map(ps.length ? ps.map((p) => [A[p] || p, y]) : Q.map((p) => [p, y && (!sig(p) || S[p]) ? 1 : 0])));
  const grant = act(1), refuse = act(0);

  // ---- What others are told.

  const push = (n, ...a) => (w[n] && w[n].push ? w[n] : (w[n] = [])).push(...a);
  const word = (p) => (may(p) ? "granted" : "denied");
  function gtag() { push("dataLayer", arguments); }
  const tell = (verb) => {
    const { google: g, uet: u, matomo: m } = B(C.s), first = verb == "default", y = may(m);
    const o = first && open() ? { wait_for_update: 500 } : {};
    for (const t of O.keys(B(g))) o[t] = word(g[t]);
    if (g) gtag("consent", verb, o);
    if (u) push("uetq", "consent", verb, { ad_storage: word(u) });
    if (m && first) push("_paq", ["requireConsent"]);
    if (m && (first ? y : y != told)) push("_paq", [y ? "setConsentGiven" : "forgetConsentGiven"]);
    told = y;
  };

  // ---- What is deleted: [kind, name, domain, path].

  const wipe = (p) => {
    for (const [kind, name, domain, path] of B(C.w)[p] || []) {
      const like = RegExp("^" + name.replace(/\W/g, "\\$&").replace(/\\\*/g, ".*") + "$");
      const each = (names, end) => names.filter((n) => n != K && like.test(n)).map(end);
      try {
        const s = kind == "l" ? localStorage : sessionStorage, h = location.hostname.split(".");
        if (kind != "c") each(O.keys(s), (n) => s.removeItem(n));
        else each([name, ...d.cookie.split(/=[^;]*;?\s?/)], (n) => {
          for (const at of ["", domain, ...h.map((_, i) => h.slice(i).join("."))])
            for (const how of ["", ";secure", ";secure;partitioned"]) d.cookie = n + "=;max-age=0;path=" + (path || "/") + (at && ";domain=" + at) + how;
        });
      } catch {}
    }
  };

  // ---- What is marked.

  const M = ["data-category", "data-cookiecategory", "data-c15t-category", "data-name", "data-src", "data-srcset", "data-href"];
  const FIND = 'script[type="text/plain"],link[data-href],[data-src],[data-srcset]';
  const ran = new Set(), shut = new Set(), line = [], done = new WeakMap(), once = new WeakSet();
  let busy = 0;
  const loading = () => d.readyState == "loading";
  const names = (el) => {
    const m = M.slice(0, 4).find((m) => el.hasAttribute(m));
    return m && el.getAttribute(m).trim().split(/[\s,]+/).map((p) => A[p] || p);
  };
  // A frame is emptied by being put in anew; what is around a source must hear of it.
  const flip = (el, on) => {
    const own = M.slice(4).filter((m) => el.hasAttribute(m)), k = own.map((m) => el.getAttribute(m)).join();
    if (on ? done.get(el) === k : !done.delete(el)) return;
    for (const m of own) on ? el.setAttribute(m.slice(5), el.getAttribute(m)) : el.removeAttribute(m.slice(5));
    if (!on) return el.replaceWith(el);
    done.set(el, k);
    if (el.localName == "source") el.parentNode.load?.();
  };
  const look = (el) => {
    const ps = names(el);
    if (!ps) return;
    const no = ps.find((p) => !has(N, p) && !P[p]), y = ps.every(may);
    if (no != null) warn("no purpose “" + no + "”: what is marked with it stays closed", el);
    else if (el.localName == "script") {
      const soon = el.hasAttribute("async");
      if (y && !line.includes(el) && (soon || !(loading() && (el.defer || el.dataset.type == "module")))) soon ? start(el) : line.push(el);
    } else {
      flip(el, y || once.has(el));
      if (el.localName == "iframe") done.has(el) ? shut.delete(el) : shut.add(el);
    }
  };
  const scan = (root) => {
    const n = shut.size;
    for (const el of [root, ...root.querySelectorAll(FIND)]) if (el.matches(FIND)) look(el);
    run();
    if (shut.size > n) wake();
  };
  // While the page is read, a script's text is whole once something follows it.
  const follows = (n) => n && (n.nextSibling || follows(n.parentNode));
  const run = () => {
    while (line[0] && (/src/.test(line[0].getAttributeNames()) || (!busy && (!loading() || follows(line[0]))))) {
      start(line.shift());
    }
  };
  // A copy runs beside it, as the browser would have run the tag; nothing is left to run it again.
  const start = (el) => {
    const ps = names(el), n = el.nonce, s = d.createElement("script");
    if (!ps || !el.isConnected || !ps.every(may)) return;
    if (nonce && n != nonce) return warn("gate.js has a nonce that a marked script lacks: it stays closed", el);
    try {
      s.text = T.createScript(el.text);
      for (const { name: a, value: v } of [...el.attributes]) if (a != "type") {
        el.removeAttribute(a);
        s.setAttribute(a.replace(/^data-(src|type)$/, "$1"), /src$/.test(a) ? T.createScriptURL(v) : v);
      }
    } catch (e) {
      return console.error(e);
    }
    s.nonce = n;
    s.async = s.hasAttribute("async");
    if (s.src && !s.async && !s.noModule && /^$|script/.test(s.type)) s.onload = s.onerror = () => run(busy--), busy++;
    for (const p of ps) ran.add(p);
    el.after(s);
  };
  new MutationObserver((seen) => {
    for (const m of seen) for (const n of m.attributeName ? [m.target] : m.addedNodes) if (n.matches) scan(n);
    run();
  }).observe(d, { childList: true, subtree: true, attributeFilter: M });

  // ---- What needs more than this.

  // Some engines remember what did not come, so each try has a name of its own.
  let module, tries = 0;
  const call = (verb, from) => {
    module = module || import(C.h + "/consent.js?" + tries++).then((m) => m.default(inner));
    return module.then((m) => m[verb](from), (e) => console.warn("Unticked: no banner, and nothing allowed by that", e, (module = 0)));
  };
  const wake = (mine) => ((L && E.u) || open() || shut.size) && call("wake", mine);
  // A page is loaded anew only where a script has run that is no longer allowed: there is no other way to stop it.
  const apply = (made) => {
    const was = S;
    solve();
    const changed = Q.filter((p) => S[p] !== was[p]);
    if (!made && !changed[0]) return;
    tell("update");
    for (const p of changed) if (was[p]) wipe(p);
    if (changed.some((p) => S[p] === 0 && ran.has(p))) location.reload();
    else wake(made);
    scan(d.documentElement);
    d.dispatchEvent(new CustomEvent("unticked:decided", { detail: { decisions: api.decisions(), changed } }));
  };
  // What another tab decided, or a later page. What could not be kept is not looked for.
  const sync = (yes) => yes && kept && apply(read());
  const api = {
    decisions: () => O.fromEntries(Q.map((p) => [p, ["refused", "granted"][S[p]] || "undecided"])),
    allowed: may, grant, refuse,
    withdraw: (...ps) => (ps = ps.length ? ps : Q.filter(may))[0] && refuse(...ps),
    open: () => call("open"),
    visitor: () => (may(C.j) ? E.id : void 0),
    on: (name, listener) => {
      const hear = (event) => listener(event.detail);
      d.addEventListener("unticked:" + name, hear);
      return () => d.removeEventListener("unticked:" + name, hear);
    },
  };
  api.ready = Promise.resolve(api);
  w[K] = O.freeze(api);
  const inner = { C, T, api, choose, put, sig, shut, names, entry: () => E, kept: () => kept, once: (el) => { once.add(el); look(el); } };

  read();
  solve();
  tell("default");
  for (const p of Q) if (p in E.c && !S[p]) wipe(p);
  scan(d.documentElement);
  wake(1);
  // The browser's signal has come on since: that is a withdrawal, and recorded as one.
  choose(new Map(Q.filter((p) => L && E.c[p] === 1 + P[p].t && !S[p]).map((p) => [p, 0])));
  d.addEventListener("click", (event) => {
    const { target: t } = event, el = t.closest && t.closest("[data-unticked]");
    const verb = { accept: grant, refuse, settings: () => call("open", el) }[el && el.dataset.unticked];
    if (verb) event.preventDefault(), verb();
  }, true);
  d.addEventListener("DOMContentLoaded", () => scan(d.documentElement));
  w.addEventListener("storage", ({ key: k }) => sync(k == K || k == null));
  w.addEventListener("pageshow", (e) => sync(e.persisted));
  w.addEventListener("online", wake);
  w.addEventListener("load", () => C.b && call("wake"));
  for (const f of [].concat(stub.q || [])) f.call ? f(api) : api[f[0]](...f.slice(1));
})();
