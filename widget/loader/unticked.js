// Unticked's loader: finds the forms of a page, shows them, fetches tickets and brings the Wasm.
//
//   <unticked-form form="contact"><a href="https://HOST/f/contact">Contact us</a></unticked-form>
//   <a href="https://HOST/f/contact" data-unticked-form="contact">Contact us</a>
//   <form data-unticked-adopt="contact" …>: a form of the page's own, which sends through us (see adopt.js)
//   <script async src="https://HOST/unticked.js"></script>
//
// Whatever fails, the next simpler thing stays: the live form, the native form, the link. Nothing is stored.
(() => {
  "use strict";
  // An image named `currentScript` in somebody's comment would stand in its place and say where code comes from.
  const found = [document.currentScript, document.querySelector('script[src$="/unticked.js"]')];
  const script = found.find((one) => one instanceof HTMLScriptElement);
  if (!script || !window.customElements || customElements.get("unticked-form")) return;
  const origin = new URL(script.src).origin;

  // Where Trusted Types are enforced and our policy is refused, the plain string is refused too, and the link stays.
  let policy;
  const trusted = (html) => {
    if (policy === undefined) {
      try {
        policy = window.trustedTypes ? trustedTypes.createPolicy("unticked", { createHTML: (text) => text }) : null;
      } catch {
        policy = null;
      }
    }
    return policy ? policy.createHTML(html) : html;
  };

  const ask = async (path, options) => {
    const answer = await fetch(origin + path, { credentials: "omit", ...options });
    if (answer.ok) return answer;
    const body = await answer.json().catch(() => ({}));
    const wait = Number(answer.headers.get("retry-after")) || undefined;
    throw Object.assign(new Error("unticked: " + path + " answered " + answer.status), { problem: body.type || "internal", wait });
  };

  const once = (make) => {
    const made = new Map();
    return (key) => {
      if (!made.has(key)) {
        const promise = make(key);
        made.set(key, promise);
        promise.catch(() => made.delete(key));
      }
      return made.get(key);
    };
  };

  // One sheet for all forms. Adopted, it passes `style-src 'self'`; a link is for browsers without.
  const sheet = once(async (path) => {
    const style = new CSSStyleSheet();
    style.replaceSync(await (await ask(path)).text());
    return style;
  });
  const dress = async (root, path) => {
    try {
      root.adoptedStyleSheets = [await sheet(path)];
    } catch {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = origin + path;
      await new Promise((done) => {
        link.onload = link.onerror = done;
        root.append(link);
      });
    }
  };

  // One instance of the Wasm for all forms of a build.
  const engine = once(async (build) => {
    const base = origin + "/assets/widget-" + build;
    const module = await import(base + ".js");
    await module.default({ module_or_path: base + ".wasm" });
    return module;
  });

  const controls = (box) => [...box.querySelector("form").elements].filter((one) => /^(value|choice)\./.test(one.name));
  const isBox = (one) => one.type === "checkbox" || one.type === "radio";
  const untick = (box) => controls(box).forEach((one) => { if (/^choice/.test(one.name)) one.checked = false; });

  // Only texts and lists: nothing is ever ticked by an address.
  const prefill = (box, content) => {
    const query = new URLSearchParams(location.search);
    const fields = content.steps.flatMap((step) => step.fields);
    for (const one of controls(box)) {
      const field = fields.find(({ id }) => one.name === "value." + id);
      if (field && field.prefill && !isBox(one) && !one.value) one.value = query.get(field.prefill) || "";
    }
  };

  // Carries what was entered into a newer text of the same form. A purpose whose text has changed is asked again.
  const carry = (from, to, before, after) => {
    const text = (content, name) => JSON.stringify(content.purposes.find(({ id }) => name === "choice." + id));
    const old = controls(from);
    for (const one of controls(to)) {
      const same = old.find((was) => was.name === one.name && (!isBox(one) || was.value === one.value));
      if (!same || one.type === "hidden") continue;
      if (!isBox(one)) one.value = same.value;
      else if (/^value/.test(one.name) || text(before, one.name) === text(after, one.name)) one.checked = same.checked;
    }
  };

  const begin = (el) => {
    const end = new AbortController();
    const { signal } = end;
    let box, placement, handle, ticket, waking, untouched = true;

    const path = (what) => "/v1/forms/" + encodeURIComponent(el.getAttribute("form") || "") + "/" + what;
    const tell = (name, detail) => {
      const known = placement && { version: placement.version, language: placement.content.language };
      const init = { bubbles: true, composed: true, detail: { form: el.getAttribute("form"), ...known, ...detail } };
      el.dispatchEvent(new CustomEvent("unticked:" + name, init));
    };

    const load = async (cache) => {
      const { lang } = el.closest("[lang]") || {};
      return (await ask(path("placement") + (lang ? "?lang=" + encodeURIComponent(lang) : ""), { cache, signal })).json();
    };

    const show = async (next) => {
      const fresh = document.createElement("div");
      fresh.innerHTML = trusted(next.html);
      const form = fresh.querySelector("form");
      form.setAttribute("action", origin + form.getAttribute("action"));
      form.elements.version.value = next.version;
      form.elements.page.value = location.origin + location.pathname;
      const root = el.shadowRoot || el.attachShadow({ mode: "open" });
      // Until the sheet is there, the link shows.
      const slot = document.createElement("slot");
      if (!box) root.replaceChildren(slot);
      await dress(root, next.stylesheet);
      if (signal.aborted) return;
      untick(fresh);
      prefill(fresh, next.content);
      if (box) carry(box, fresh, placement.content, next.content);
      if (handle) handle.unmount();
      handle = ticket = null;
      slot.remove();
      if (box) box.remove();
      placement = next;
      box = fresh;
      root.append(box);
      for (const type of ["focusin", "pointerdown", "keydown"]) {
        box.addEventListener(type, touched, { capture: true, passive: true });
      }
    };

    const mint = async () => {
      const body = JSON.stringify({ version: placement.version, language: placement.content.language });
      const answer = await ask(path("tickets"), { method: "POST", headers: { "content-type": "application/json" }, body, signal });
      const got = { ...(await answer.json()), at: performance.now() };
      if (box) box.querySelector("form").elements.ticket.value = got.ticket;
      return got;
    };
    const getTicket = (again) => {
      if (again || !ticket) {
        const mine = (ticket = mint());
        mine.catch(() => { if (ticket === mine) ticket = null; });
      }
      return ticket;
    };
    const touched = () => {
      untouched = false;
      getTicket().catch(() => {});
      wake();
    };

    const bridge = {
      origin,
      get version() { return placement.version; },
      get build() { return placement.build; },
      // Whether a submission may have gone out: then the ticket must stay the same, or it could arrive twice.
      unsure: false,
      ticket: () => getTicket(),
      renew: () => getTicket(true),
      reload: async (said) => {
        await show(await load("reload"));
        await mount(said);
      },
    };

    const mount = async (said) => {
      const { mount } = await engine(placement.build);
      if (signal.aborted || handle) return;
      bridge.said = said;
      handle = mount(el, box, JSON.stringify(placement.content), bridge);
    };
    const wake = () => {
      if (!waking && box && placement.build) {
        waking = mount().catch(async () => {
          // A cached placement may name a build that is gone.
          const next = await load("reload");
          if (next.build === placement.build) throw 0;
          await show(next);
          await mount();
        }).catch(() => { if (!signal.aborted) tell("error", { problem: "widget-unavailable", fields: [] }); });
      }
    };

    const start = async () => {
      try {
        await show(await load("default"));
      } catch (error) {
        if (signal.aborted) return;
        if (el.shadowRoot) el.shadowRoot.replaceChildren(document.createElement("slot"));
        tell("error", { problem: error.problem || "form-unavailable", fields: [] });
        addEventListener("online", start, { once: true, signal });
        return;
      }
      if (signal.aborted) return;
      tell("shown");
      const near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && wake(), { rootMargin: "400px" });
      near.observe(el);
      signal.addEventListener("abort", () => near.disconnect());
      (window.requestIdleCallback || ((then) => setTimeout(then, 2000)))(() => signal.aborted || wake());
    };

    // WebKit empties controls with autocomplete="off" when it takes a page from its cache: what was ticked is put back.
    let left = [];
    addEventListener("pagehide", () => { left = box ? controls(box).filter((one) => isBox(one) && one.checked) : []; }, { signal });

    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        setTimeout(() => left.forEach((one) => { one.checked = true; }));
        if (ticket && !bridge.unsure) getTicket(true).catch(() => {});
      } else if (box && untouched) {
        // The browser's own restoring of forms may have ticked boxes.
        untick(box);
      }
    }, { signal });

    // The page forbids the native post: the link leads to the form instead.
    document.addEventListener("securitypolicyviolation", (event) => {
      if (box && !handle && event.effectiveDirective === "form-action" && event.blockedURI.startsWith(origin)) {
        if (!el.shadowRoot.querySelector("slot")) box.before(document.createElement("slot"));
        tell("error", { problem: "form-action", fields: [] });
      }
    }, { signal });

    start();
    return () => {
      end.abort();
      if (handle) handle.unmount();
      if (el.shadowRoot) {
        el.shadowRoot.replaceChildren();
        el.shadowRoot.adoptedStyleSheets = [];
      }
      handle = box = null;
    };
  };

  const lives = new WeakMap();
  const stop = (el) => {
    const over = lives.get(el);
    lives.delete(el);
    if (over) over();
  };

  customElements.define("unticked-form", class extends HTMLElement {
    static get observedAttributes() { return ["form", "lang"]; }
    connectedCallback() {
      if (!lives.has(this) && this.getAttribute("form")) lives.set(this, begin(this));
    }
    disconnectedCallback() {
      // Moving an element disconnects and connects it in one task; only what stays away ends.
      setTimeout(() => { if (!this.isConnected) stop(this); });
    }
    attributeChangedCallback(name, before, after) {
      if (before === after || !this.isConnected) return;
      stop(this);
      this.connectedCallback();
    }
  });

  // Forms of the page's own. What governs them comes only where one is; what is sent before is held until then, and
  // nothing goes the form's own way any more: neither its action, nor what else listens for it.
  const MARK = "data-unticked-adopt";
  const is = (form) => form instanceof HTMLFormElement && Element.prototype.hasAttribute.call(form, MARK);
  let tries = 0;
  const govern = once(async (path) => (await import(origin + path)).default({ origin, ask, trusted, dress, lead }));
  const adopted = new WeakMap();
  const adopt = (form, again) => {
    if (again || !adopted.has(form)) {
      // A loader from a cache may name a file that is gone, and some engines remember what did not come.
      const coming = govern("/assets/adopt.js").catch(() => govern("/assets/adopt" + ".js?" + ++tries)).then((make) => make(form));
      adopted.set(form, coming);
      coming.catch((error) => {
        console.error("Unticked: the form could not be adopted.", error);
        addEventListener("online", () => adopt(form, true), { once: true });
      });
    }
    return adopted.get(form);
  };
  const press = (form, at = performance.now()) =>
    adopt(form).catch(() => adopt(form, true)).then((one) => one.send(at)).catch(() => lead(form));

  // The last resort: a link to the form as a page of its own.
  function lead(form) {
    let link = form.querySelector("[data-unticked-link]");
    if (!link) {
      link = document.createElement("a");
      link.href = origin + "/f/" + encodeURIComponent(form.getAttribute(MARK));
      link.dataset.untickedLink = "";
      link.textContent = form.dataset.untickedText || link.href;
      form.append(link);
    }
    link.focus();
  }

  // At the window, before anything of the page hears of it. Some plugins begin with the button's click or key, not with
  // the form's submission.
  const sends = (one) =>
    one.matches("[data-unticked-submit]") || (/^(submit|image)$/.test(one.type) && /^(BUTTON|INPUT)$/.test(one.tagName));
  const seize = (event) => {
    let form = event.target;
    if (event.type !== "submit") {
      const button = form.closest && form.closest("button,input,[data-unticked-submit]");
      if (!button || !sends(button) || (/^key/.test(event.type) && event.key !== "Enter")) return;
      form = button.form || button.closest("form");
    }
    if (!is(form)) return;
    event.stopImmediatePropagation();
    if (/^key/.test(event.type)) return;
    event.preventDefault();
    press(form);
  };
  for (const type of ["submit", "click", "keydown", "keypress", "keyup"]) addEventListener(type, seize, true);
  const submit = HTMLFormElement.prototype.submit;
  HTMLFormElement.prototype.submit = function () {
    return is(this) ? void press(this) : submit.call(this);
  };

  // `data-adopt="contact=.wpcf7-form; order=#order form"` at the script, where a page builder gives no hold on the form.
  const rules = (script.dataset.adopt || "").split(";").map((rule) => /^\s*([\w-]+)\s*=\s*(.+)$/s.exec(rule)).filter(Boolean);
  const take = () => {
    for (const [, id, selector] of rules) {
      try {
        for (const one of document.querySelectorAll(selector)) {
          const form = is(one) ? 0 : one.closest("form") || one.querySelector("form");
          if (form && !is(form)) form.setAttribute(MARK, id);
        }
      } catch {
        console.error("Unticked: data-adopt has no selector that a browser can read: " + selector);
        rules.splice(rules.findIndex((rule) => rule[2] === selector), 1);
      }
    }
    document.querySelectorAll("form[" + MARK + "]").forEach((form) => adopt(form));
  };

  const wrap = () => {
    for (const link of document.querySelectorAll("a[data-unticked-form]")) {
      if (link.closest("unticked-form")) continue;
      const el = document.createElement("unticked-form");
      el.setAttribute("form", link.getAttribute("data-unticked-form"));
      if (link.lang) el.lang = link.lang;
      link.replaceWith(el);
      el.append(link);
    }
    take();
  };
  const watch = { childList: true, subtree: true, attributeFilter: [MARK] };
  new MutationObserver(wrap).observe(document.documentElement, watch);
  wrap();
})();
