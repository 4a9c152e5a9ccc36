// What the gate cannot do alone: shows the banner, the settings and what stands in for frames that are not loaded, and
// sends what was decided. A module; the gate brings it when one of these is needed and hands over what it governs with.
//
// Nothing waits for it, and nothing is granted by its absence: the gate decides, and keeps `u` in the entry until what was
// decided has arrived here. Only `send` talks to the collector with anything in hand.
const FORM = "/v1/forms/banner/";
// Beside the banner's own sheet: its room at the end of the page, and where it stands when it must get out of the way.
const SHEET =
  ":host(unticked-banner){display:block}:host(unticked-placeholder){display:grid;max-inline-size:100%}" +
  "[data-edge=top]{inset-block:0 auto!important}.said{position:fixed;inset:auto auto 1rem 1rem;max-inline-size:24rem;min-block-size:0;pointer-events:none}";
// Milliseconds: how long an answer is waited for, how long a page may take to scroll smoothly to what has
// focus, how long a sentence stays.
const PATIENCE = 30_000;
const SMOOTH = 400;
const READING = 8_000;

export default ({ C, T, H: shut, api, choose, put, sig, names, entry, kept }) => {
  const d = document;
  const root = d.documentElement;
  const asked = Object.keys(C.p);
  const decided = (purpose) => api.decisions()[purpose];
  const undecided = () => asked.some((purpose) => decided(purpose) === "undecided");
  const tell = (name, detail) => d.dispatchEvent(new CustomEvent("unticked:" + name, { detail }));
  const parsed = new Promise((done) => (d.readyState === "loading" ? d.addEventListener("DOMContentLoaded", done) : done()));

  const ask = async (path, options) => {
    const answer = await fetch(C.h + path, { credentials: "omit", ...options });
    if (!answer.ok) throw Object.assign(new Error(path + " answered " + answer.status), { status: answer.status, wait: Number(answer.headers.get("retry-after")) });
    return answer;
  };
  const post = (what, body, headers, signal) =>
    ask(FORM + what, { method: "POST", keepalive: true, headers: { "content-type": "application/json", ...headers }, body, signal });

  // ---- What it says, in the page's language.

  const texts = new Map();
  const load = (cache) => {
    const { lang } = root;
    if (cache || !texts.has(lang)) {
      const coming = ask(FORM + "placement" + (lang ? "?lang=" + encodeURIComponent(lang) : ""), { cache }).then((answer) => answer.json());
      texts.set(lang, coming);
      coming.catch(() => texts.delete(lang));
    }
    return texts.get(lang);
  };
  const sheets = new Map();
  const dress = async (shadow, path) => {
    try {
      if (!sheets.has(path)) {
        const text = await (await ask(path)).text();
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text + SHEET);
        sheets.set(path, sheet);
      }
      shadow.adoptedStyleSheets = [sheets.get(path)];
    } catch {
      const link = d.createElement("link");
      link.rel = "stylesheet";
      link.href = C.h + path;
      await new Promise((done) => {
        link.onload = link.onerror = done;
        shadow.append(link);
      });
    }
  };
  // An element of ours with `content` in its shadow, dressed, nowhere yet.
  const make = async (name, placement, content) => {
    const el = d.createElement(name);
    const shadow = el.attachShadow({ mode: "open" });
    await dress(shadow, placement.stylesheet);
    shadow.append(content);
    return el;
  };

  // ---- Banner and settings: `host` on the page, `box` its section; `mode` is "ask", "settings" or nothing.

  let host, box, mode, back, placed, language, opening, thrown = 0;
  const part = (name) => box.querySelector('[data-part="' + name + '"]');
  const unfold = (open) => {
    part("choices").hidden = !open;
    box.toggleAttribute("data-open", open);
  };
  const switches = () => [...box.querySelectorAll('[name^="choice."]')];
  const purposeOf = (input) => input.name.slice(7);
  const focused = () => {
    let el = d.activeElement;
    while (el && el.shadowRoot && el.shadowRoot.activeElement) el = el.shadowRoot.activeElement;
    return el;
  };
  const inside = () => d.activeElement === host;

  const build = async () => {
    const placement = await load();
    await parsed;
    if (host && language === placement.content.language) return;
    const fresh = d.createElement("div");
    fresh.innerHTML = T.createHTML(placement.html);
    const section = fresh.querySelector('[data-part="banner"]');
    const next = await make("unticked-banner", placement, section);
    if (host) host.remove();
    [host, box, placed, language] = [next, section, placement, placement.content.language];
    // What is announced outlives the banner.
    host.shadowRoot.append(part("status"));
    status();
    box.addEventListener("click", clicked);
    // No ticket before a touch, and it is there when the choice is made.
    for (const type of ["focusin", "pointerdown", "keydown"]) box.addEventListener(type, () => getTicket().catch(() => {}), { passive: true });
    new ResizeObserver(room).observe(box);
  };
  // The end of the page can be scrolled above the banner, and the browser keeps what takes focus above it.
  let padded;
  const room = () => {
    const high = mode ? box.offsetHeight + "px" : "";
    const at = box.dataset.edge ? "scrollPaddingTop" : "scrollPaddingBottom";
    if (padded) root.style[padded[0]] = padded[1];
    padded = mode && [at, root.style[at]];
    if (padded) root.style[at] = high;
    host.style.height = box.dataset.edge ? "" : high;
  };
  const place = () => {
    const body = d.querySelector("body");
    if (body && host && !host.isConnected && thrown++ < 50) body.append(host);
  };

  const show = async (next, from) => {
    await build();
    const was = mode;
    mode = next;
    const settings = mode === "settings";
    if (settings && was !== "settings") back = (from instanceof Element && from) || (d.activeElement === opener ? opener : inside() ? back : focused());
    box.hidden = false;
    delete box.dataset.edge;
    if (settings) box.dataset.mode = mode;
    else delete box.dataset.mode;
    unfold(settings);
    if (part("signal")) part("signal").hidden = !asked.some(sig);
    status();
    // As the visitor left them; what is not decided is off.
    for (const one of switches()) {
      const purpose = purposeOf(one);
      one.checked = api.allowed(purpose);
      const before = entry().c[purpose];
      const changed = one.closest("[data-purpose]").querySelector('[data-part="changed"]');
      if (changed) changed.hidden = !(before && decided(purpose) === "undecided" && before.slice(1) !== C.p[purpose].t);
    }
    place();
    room();
    buttons();
    if (settings) box.querySelector("h2").focus();
    else clear(focused());
    if (was !== mode) tell("banner", { shown: true, mode });
  };
  const hide = () => {
    if (!mode) return;
    const had = inside();
    mode = null;
    box.hidden = true;
    room();
    buttons();
    // Focus goes back to where it came from, and nowhere else.
    const to = back && back === opener ? opener.shadowRoot.querySelector("button") : back;
    if (had && to && to.isConnected) to.focus({ preventScroll: true });
    back = null;
    tell("banner", { shown: false });
  };
  const leave = () => (undecided() && mode === "settings" ? show("ask") : hide());
  // Announced to those who do not see that the banner has gone; seen by everybody where nothing could be kept.
  const status = (kind) => {
    const line = host.shadowRoot.querySelector('[data-part="status"]');
    line.textContent = line.dataset[kind] || "";
    line.className = kind === "notKept" ? "unticked-placeholder said" : "seen-not";
    if (kind === "notKept") setTimeout(status, READING);
  };

  const clicked = (event) => {
    const button = event.target.closest("[data-act]");
    const acts = {
      // Asked again about some, the rest stays as it was decided.
      accept: () => api.grant(...(mode === "ask" && asked.some((one) => !sig(one) && decided(one) !== "undecided") ? asked.filter((one) => decided(one) === "undecided") : [])),
      refuse: () => api.refuse(),
      save: () => choose({ __proto__: null, ...Object.fromEntries(switches().map((one) => [purposeOf(one), one.checked ? 1 : 0])) }),
      close: leave,
      choose: () => {
        unfold(true);
        switches()[0].focus();
      },
    };
    if (button && acts[button.dataset.act]) acts[button.dataset.act]();
  };
  d.addEventListener("unticked:decided", () => {
    wipe();
    draw();
    if (!mode || undecided()) return;
    hide();
    status(kept() ? "kept" : "notKept");
  });
  d.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && mode === "settings" && !event.defaultPrevented) leave();
  });

  // ---- Nothing of ours covers what has focus (WCAG 2.4.11): the page is scrolled, or we move to the other edge.

  const covers = (ours, el) => {
    const [a, b] = [ours.getBoundingClientRect(), el.getBoundingClientRect()];
    return b.width > 0 && a.top < b.bottom && a.bottom > b.top && a.left < b.right && a.right > b.left;
  };
  const dodge = (ours, el) => {
    ours.style.visibility = "";
    for (let tries = 0; tries < 2 && covers(ours, el); tries++) {
      const [a, b] = [ours.getBoundingClientRect(), el.getBoundingClientRect()];
      scrollBy({ top: ours.dataset.edge ? b.top - a.bottom - 8 : b.bottom - a.top + 8, behavior: "instant" });
      if (!covers(ours, el)) break;
      if (ours.dataset.edge) delete ours.dataset.edge;
      else ours.dataset.edge = "top";
    }
  };
  const clear = (el) => {
    if (!el || el === d.body || el === host) return;
    if (mode && !inside()) {
      dodge(box, el);
      room();
    }
    const small = opener && opener.shadowRoot.querySelector("button");
    if (small && el !== small) {
      dodge(small, el);
      if (covers(small, el)) small.style.visibility = "hidden";
    }
  };
  d.addEventListener("focusin", (event) => {
    const [el] = event.composedPath();
    if (!inside() && mode === "ask") back = el;
    requestAnimationFrame(() => clear(el));
    setTimeout(() => focused() === el && clear(el), SMOOTH);
  });

  // ---- The button that opens the settings, where the page has none.

  let opener, making;
  const buttons = async () => {
    if (!C.b || !host) return;
    const own = d.querySelector('[data-unticked="settings"]');
    if (!opener && (own || making)) return;
    if (!opener) {
      making = true;
      opener = await make("unticked-settings", placed, part("settings").content.cloneNode(true));
      opener.shadowRoot.addEventListener("click", () => api.open());
      return buttons();
    }
    const body = d.querySelector("body");
    if (mode || own) opener.remove();
    else if (!opener.isConnected && body && thrown++ < 50) body.append(opener);
  };

  // ---- What a purpose left that was taken back, as the owner declared it: [kind, name, domain, path].

  const wipe = () => {
    const { c } = entry();
    const pattern = (name) => RegExp("^" + name.replace(/\W/g, "\\$&").replace(/\\\*/g, ".*") + "$");
    // What another service may leave that is allowed stays.
    const stays = Object.keys(C.w || {}).filter(api.allowed).flatMap((purpose) => C.w[purpose]);
    for (const purpose of asked) {
      if (!(purpose in c) || api.allowed(purpose)) continue;
      for (const [kind, like, domain, path] of (C.w || {})[purpose] || []) {
        const fits = (name) => name !== "unticked" && pattern(like).test(name) && !stays.some(([of, other]) => of === kind && pattern(other).test(name));
        try {
          if (kind === "c") [like, ...d.cookie.split(/;\s*/).map((one) => one.split("=")[0])].filter(fits).forEach((name) => forget(name, domain, path || "/"));
          else {
            const store = kind === "l" ? localStorage : sessionStorage;
            Object.keys(store).filter(fits).forEach((name) => store.removeItem(name));
          }
        } catch {
          // The storage is closed: nothing is in it, either.
        }
      }
    }
  };
  // Who set it is not told to anybody: for this host, each above it, and the one declared; partitioned and not.
  const forget = (name, domain, path) => {
    const host = location.hostname.split(".");
    for (const at of ["", domain, ...host.map((_, i) => host.slice(i).join("."))]) {
      for (const how of ["", ";secure", ";secure;partitioned"]) d.cookie = name + "=;max-age=0;path=" + path + (at && ";domain=" + at) + how;
    }
  };

  // ---- Frames that are not loaded.

  const drawn = new Map();
  // Without its marks the gate does not know it any more; nothing is remembered.
  const loadOnce = (el) => {
    const source = el.getAttribute("data-src");
    for (const name of ["data-category", "data-cookiecategory", "data-c15t-category", "data-name"]) el.removeAttribute(name);
    shut.delete(el);
    el.src = source;
  };
  const draw = async () => {
    for (const [el, { stand, display }] of drawn) {
      if (shut.has(el) && el.isConnected) {
        if (!stand.isConnected) el.before(stand);
        continue;
      }
      stand.remove();
      el.style.display = display;
      drawn.delete(el);
    }
    const open = [...shut].filter((el) => !drawn.has(el));
    if (!open.length) return;
    await build();
    const { content } = placed;
    for (const el of open) {
      if (drawn.has(el) || !shut.has(el)) continue;
      if (!el.isConnected) {
        shut.delete(el);
        continue;
      }
      const purposes = names(el);
      let hostname = "";
      try {
        ({ hostname } = new URL(el.getAttribute("data-src") || "", d.baseURI));
      } catch {
        // What is no address says nothing of where it leads.
      }
      const fits = (pattern) => (pattern.startsWith("*.") ? hostname.endsWith(pattern.slice(1)) : pattern === hostname);
      const service = content.banner.services && content.banner.services.find((one) => purposes.includes(one.purpose) && one.hosts && one.hosts.some(fits));
      const of = content.purposes.filter(({ id }) => purposes.includes(id)).map(({ name }) => name).join(", ");
      const words = { service: (service && service.name) || hostname, host: hostname, purpose: of };
      const inner = part("placeholder").content.cloneNode(true);
      for (const one of inner.querySelectorAll("p,button")) one.textContent = one.textContent.replace(/\{(\w+)\}/g, (all, name) => (name in words ? words[name] : all));
      const stand = d.createElement("unticked-placeholder");
      drawn.set(el, { stand, display: el.style.display });
      const shadow = stand.attachShadow({ mode: "open" });
      await dress(shadow, placed.stylesheet);
      shadow.append(inner);
      const size = (name) => (/^\d+$/.test(el.getAttribute(name)) ? el.getAttribute(name) + "px" : el.getAttribute(name) || "");
      stand.style.width = size("width");
      stand.style.minHeight = size("height");
      shadow.addEventListener("click", (event) => {
        const act = event.target.dataset.act;
        if (act === "once") loadOnce(el);
        else if (act === "always") api.grant(...purposes);
        else return;
        draw();
        el.focus();
      });
      if (shut.has(el)) {
        el.style.setProperty("display", "none", "important");
        el.before(stand);
      }
    }
  };

  // Pages that change without loading throw out what they do not know.
  new MutationObserver(() => {
    if (!host) return;
    if (mode) place();
    if (drawn.size) draw();
    buttons();
  }).observe(d, { childList: true, subtree: true });

  // ---- What was decided goes to the collector.

  let ticket, sending;
  const mint = async () => {
    const placement = await load();
    const body = JSON.stringify({ language: placement.content.language, version: placement.version });
    return { ...(await (await post("tickets", body)).json()), at: performance.now() };
  };
  const getTicket = () => {
    if (!ticket) {
      const mine = (ticket = mint());
      mine.catch(() => { if (ticket === mine) ticket = null; });
    }
    return ticket;
  };
  const sign = async (mine, timestamp, body) => {
    const bytes = (text) => new TextEncoder().encode(text);
    const raw = Uint8Array.from(atob(mine.key), (c) => c.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const mac = await crypto.subtle.sign("HMAC", key, bytes(mine.id + "." + timestamp + "." + body));
    return "v1," + btoa(String.fromCharCode(...new Uint8Array(mac)));
  };
  const attempt = async (mine, made) => {
    const choices = {};
    const { content, agreed } = await load();
    const there = content.purposes.filter((one) => one.legal_basis === "consent").map(({ id }) => id);
    for (const purpose of asked.filter((one) => there.includes(one)).sort()) {
      const said = made.c[purpose];
      // A yes is to the text that was read, and the ticket is for this one; a no is to whatever was asked.
      if (said && said[0] === "0") choices[purpose] = (made.w || []).includes(purpose) ? "withdrawn" : "refused";
      else if (said === "1" + C.p[purpose].t && said === "1" + (agreed || {})[purpose]) choices[purpose] = "granted";
      else if (said) console.warn("Unticked: “" + purpose + "” says something else since; gate.js is older than the banner. That yes is not recorded.");
    }
    const { globalPrivacyControl: gpc } = navigator;
    // In the order of canonical JSON.
    const body = JSON.stringify({
      build: "gate-1",
      choices,
      ...(typeof gpc === "boolean" && { gpc }),
      page: location.origin + location.pathname,
      ticket: mine.ticket,
      values: {},
      ...(made.id && { visitor: made.id }),
    });
    const timestamp = String(Math.trunc(mine.issued_at + Math.max(0, performance.now() - mine.at) / 1000));
    const headers = { "unticked-id": mine.id, "unticked-timestamp": timestamp };
    // Without WebCrypto (plain http) the ticket alone speaks for it.
    if (self.crypto && crypto.subtle) headers["unticked-signature"] = await sign(mine, timestamp, body);
    const cut = new AbortController();
    const late = setTimeout(() => cut.abort(), PATIENCE);
    try {
      return await (await post("submissions", body, headers, cut.signal)).json();
    } finally {
      clearTimeout(late);
    }
  };
  // An id is made only where it was granted, and never before.
  const identified = (made) => {
    if (made.id || !C.i || !api.allowed(C.i)) return made;
    const id = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);
    put({ ...made, id });
    return entry();
  };
  const deliver = async () => {
    let renewed = false;
    while (entry().u) {
      const made = identified(entry());
      let mine;
      try {
        mine = await getTicket();
        const accepted = await attempt(mine, made);
        ticket = null;
        // Decided again meanwhile: that goes next.
        if (entry() === made) {
          const { u, w, ...rest } = made;
          put(rest);
        }
        tell("recorded", { reference: accepted.reference, receipt: accepted.receipt, preferences: accepted.preferences && new URL(accepted.preferences, C.h).href });
      } catch (error) {
        const { status: code, wait } = error;
        if (code === 429) setTimeout(send, (wait || 60) * 1000);
        // Nothing came, or the collector is in trouble: it may have arrived, so the ticket stays, and with it its name.
        if (!(code >= 400 && code < 500) || code === 429) return;
        ticket = null;
        if (renewed) return console.warn("Unticked: the collector does not take what was decided; it holds on this device.", error);
        renewed = true;
        await load("reload").catch(() => {});
      }
    }
  };
  // One tab at a time, where the browser can say which.
  const send = () => {
    if (sending || !entry().u) return;
    const { locks } = navigator;
    sending = Promise.resolve(locks ? locks.request("unticked", { ifAvailable: true }, (mine) => mine && deliver()) : deliver())
      .catch(() => {})
      .then(() => { sending = null; });
  };

  // ---- What the gate calls. Neither ever fails: what could not be had is tried again with the next page, or online.

  const quiet = (error) => console.warn("Unticked: the banner could not be shown; nothing is allowed by that.", error);
  return {
    wake: async (mine) => {
      try {
        wipe();
        if (mine) send();
        if (undecided() && !mode) await (opening = opening || show("ask").finally(() => { opening = null; }));
        else if (C.b && !host) await build();
        await draw();
        await buttons();
      } catch (error) {
        quiet(error);
      }
    },
    open: (from) => show("settings", from).catch(quiet),
  };
};
