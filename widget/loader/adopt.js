// Unticked on a form of the page's own: <form data-unticked-adopt="contact" …>.
//
// The form keeps its fields and its look. What its definition discloses comes before the first field, its purposes before
// the button, each unticked and with a control of its own, in shadow roots with the product's own words, rendered by the
// collector. What is sent is what maps to a field of the definition and nothing else; it is signed here and posted to the
// collector, or by a native post where there is no WebCrypto; where neither goes, a link leads to the hosted form.
const MARK = "data-unticked-adopt";
const PART = "unticked-part";
// Milliseconds: beyond the form's `minimum_seconds`, and how long an answer is waited for.
const MARGIN = 200;
const PATIENCE = 30_000;

// Controls of the page may be called `elements`, `style` or `before`; the form's own are taken past them.
const native = HTMLFormElement.prototype;
const elements = Object.getOwnPropertyDescriptor(native, "elements").get;
const styleOf = Object.getOwnPropertyDescriptor(HTMLElement.prototype, "style").get;
const isBox = (one) => one.type === "checkbox" || one.type === "radio";
const isButton = (one) => /^(submit|image|button|reset)$/.test(one.type) || one.tagName === "BUTTON";
const put = (el, name, value) => (value == null ? el.removeAttribute(name) : el.setAttribute(name, value));
const make = (tag, attributes, ...inside) => {
  const el = document.createElement(tag);
  for (const name in attributes) put(el, name, attributes[name]);
  el.append(...inside);
  return el;
};
const sorted = (map) => Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
const fold = (text) => (text || "").toLowerCase().replace(/[\s_.:*?؟-]+/g, "");

// ---- Looks: the page's own font, colours and roundness, as far as they can be read on its ground.

const SHEET =
  ":host{display:block;box-sizing:border-box;flex:1 0 100%;grid-column:1/-1;inline-size:100%;min-inline-size:0;margin-block:1.25em}" +
  ".unticked{max-inline-size:none;padding:0;border:0;border-radius:0;background:none}" +
  ".unticked.ground{padding:1rem;border-radius:var(--round);background:var(--ground)}" +
  ".responsible{border:1px solid var(--line);background:none}.purposes{padding:0;border:0}.adopted{display:grid;gap:var(--gap)}";
// Around the page's own fields, so in its own tree.
const ERRORS = "unticked-error{display:block;margin-block:.25em;color:var(--unticked-wrong);font-weight:600}";
const sheetOf = (text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
};
const rgb = (text) => {
  const parts = /^rgba?\(([^)]+)\)$/.exec(text);
  return parts && parts[1].split(/[\s,/]+/).map(Number);
};
const light = (colour) => {
  const [r, g, b] = colour.map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [a, b] = [light(one) + 0.05, light(other) + 0.05];
  return Math.max(a, b) / Math.min(a, b);
};
// What lies behind an element; nothing where it is a picture, or glass.
const ground = (el) => {
  for (; el; el = el.parentElement) {
    const { backgroundColor, backgroundImage } = getComputedStyle(el);
    const colour = rgb(backgroundColor);
    if (backgroundImage !== "none" || !colour) return null;
    const clear = colour[3] === 0;
    if (!clear) return colour[3] < 1 ? null : colour;
  }
  const dark = /dark/.test(getComputedStyle(document.documentElement).colorScheme) && matchMedia("(prefers-color-scheme: dark)").matches;
  return dark ? [18, 18, 18] : [255, 255, 255];
};
const look = (form, button) => {
  const style = getComputedStyle(form);
  const behind = ground(form);
  const dark = behind && light(behind) < 0.18;
  const read = (colour) => (behind && rgb(colour) && contrast(rgb(colour), behind) >= 4.5 ? colour : "");
  const text = read(style.color);
  const field = [...elements.call(form)].find((one) => /^(text|email|textarea)/.test(one.type));
  const own = {
    font: style.fontFamily,
    "font-size": style.fontSize,
    text,
    muted: behind && !read(dark ? "rgb(173,185,195)" : "rgb(82,96,109)") ? text : "",
    accent: button && read(getComputedStyle(button).backgroundColor),
    radius: field && getComputedStyle(field).borderTopLeftRadius,
  };
  const wrong = dark ? "rgb(255,179,170)" : "rgb(168,35,27)";
  return {
    theme: dark ? "dark" : "light",
    ground: !behind,
    wrong: read(wrong) || text || wrong,
    // What the owner has set wins.
    properties: Object.entries(own).map(([name, value]) => ["--unticked-" + name, value]).filter(([name, value]) => value && !style.getPropertyValue(name)),
  };
};

// ---- Which control is which field.

// What a control or a field is about, by HTML's autofill tokens: their names come first, then what pages write.
const ABOUT = [
  ["email", /e ?mail|имейл|поща|بريد/],
  ["tel", /phone|^tel|mobile|телефон|هاتف/],
  ["organization", /company|organi[sz]ation|фирма|شركة/],
  ["given-name", /first ?name|^first$|given|fname|vorname/],
  ["family-name", /last ?name|^last$|family|surname|lname|nachname/],
  ["name", /name|^име|اسم/],
  ["message", /message|comment|enquiry|inquiry|question|nachricht|съобщение|رسالة/],
  ["subject", /subject|topic|betreff|тема|موضوع/],
  ["postal-code", /zip|post(al)?.?code|plz/],
  ["address-level2", /city|town|град/],
  ["country", /country|държава|البلد/],
  ["url", /website|homepage|^url/],
  ["bday", /birth|bday/],
];
const about = (texts) => {
  for (const text of texts) {
    const known = ABOUT.find(([, words]) => words.test((text || "").toLowerCase().replace(/[_-]+/g, " ").trim()));
    if (known) return known[0];
  }
};
const PLUMBING = /captcha|turnstile|honeypot|^_|^gform_|^is_submit|^state_|^action$|^form_id$|^post_id$|^queried_id$|^referer/i;
const CONSENT = /consent|gdpr|agree|accept|privacy|terms|newsletter|opt-?in|subscribe|marketing|permission|съглас|декларир|приема|أوافق|موافق|datenschutz|einwillig|zustimm|rgpd/i;
const FAR = -900;
// Put away by the page itself: a trap for robots, or plumbing. Its own form may be in a closed dialog.
const unseen = (el, form) => {
  if (el.type === "hidden" || el.tabIndex === -1 && !el.disabled) return true;
  for (let at = el; at && at !== form; at = at.parentElement) {
    const { display, visibility, position, left, top } = getComputedStyle(at);
    if (display === "none" || visibility === "hidden" || at.getAttribute("aria-hidden") === "true") return true;
    if (position === "absolute" && (parseFloat(left) < FAR || parseFloat(top) < FAR)) return true;
  }
  return false;
};
const labelOf = ({ els: [first], box, els }, form) => {
  const bare = (el) => {
    const copy = el.cloneNode(true);
    copy.querySelectorAll("input,select,textarea,button,option,abbr,.required,.gfield_required").forEach((one) => one.remove());
    return copy.textContent.replace(/[\s*:]+$|\((required|optional)\)/gi, "").trim();
  };
  if (box && (els.length > 1 || first.type === "radio")) {
    const group = first.closest("fieldset,[role=group],[role=radiogroup]");
    const named = group && form.contains(group) && (group.querySelector("legend") || document.getElementById(group.getAttribute("aria-labelledby")));
    if (named) return bare(named);
  }
  const label = first.labels && first.labels[0];
  return (label && bare(label)) || first.getAttribute("aria-label") || first.placeholder || "";
};
const groups = (form) => {
  const found = new Map();
  for (const el of elements.call(form)) {
    if (!/^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName) || isButton(el) || el.type === "password") continue;
    const name = el.name || el.id;
    const box = isBox(el);
    const key = box && name ? el.type + name.replace(/(\[\]|\.\d+)$/, "") : el;
    if (found.has(key)) found.get(key).els.push(el);
    else found.set(key, { els: [el], box, type: el.type, name });
  }
  return [...found.values()];
};
// The names by which the page may mean a field: CF7's `your-email`, Elementor's `form_fields[email]` and `form-field-email`.
const names = ({ els: [el] }) =>
  [el.name, el.id].filter(Boolean).flatMap((name) => {
    const bare = name.replace(/\[\]$/, "");
    const inner = /\[([^\][]+)\]$/.exec(bare);
    return [bare, inner ? inner[1] : bare.replace(/^(value\.|your-|form-field-)/, "")];
  });
const fits = ({ box, type }, { kind }) => {
  if (type === "file") return false;
  if (kind === "checkboxes") return type === "checkbox" || type === "select-multiple";
  if (type === "checkbox" || type === "select-multiple") return false;
  return box || type === "select-one" ? /^(radio|select|country|text)$/.test(kind) : true;
};
const PARTS = /^(given|additional|family)-name$/;
// Gravity Forms numbers the parts of a name.
const GRAVITY = { 2: "honorific-prefix", 3: "given-name", 4: "additional-name", 6: "family-name" };

// Answers `mapped` (field id to controls), `rest`, and what the owner should hear.
const map = (form, content, say) => {
  const fields = content.steps.flatMap((step) => step.fields);
  const mapped = new Map();
  const taken = (field) => mapped.has(field.id);
  let rest = groups(form);
  const give = (field, ones) => {
    mapped.set(field.id, [...(mapped.get(field.id) || []), ...ones]);
    rest = rest.filter((one) => !ones.includes(one));
  };
  for (const one of [...rest]) {
    const asked = one.els[0].getAttribute("data-unticked-field");
    if (asked == null) continue;
    const field = fields.find(({ id }) => id === asked);
    if (field) give(field, [one]);
    else if (asked === "none") rest = rest.filter((other) => other !== one);
    else say(one, "asks for the field “" + asked + "”, which the form “" + content.form + "” does not have");
  }
  for (const field of fields) {
    if (taken(field)) continue;
    const same = (one) => names(one).some((name) => fold(name) === fold(field.id));
    const one = rest.find((one) => same(one) && fits(one, field)) || null;
    if (one) give(field, [one]);
  }
  const open = () => rest.filter((one) => one.type !== "hidden" && !PLUMBING.test(one.name) && !one.els.every((el) => unseen(el, form)));
  const only = (field, ones) => {
    const fit = ones.filter((one) => fits(one, field));
    if (fit.length === 1) give(field, fit);
  };
  const left = () => fields.filter((field) => !taken(field) && field.kind !== "hidden");
  for (const field of left()) only(field, open().filter((one) => fold(labelOf(one, form)) === fold(field.label)));
  const last = (text) => (text || "").split(" ").pop();
  const subject = (field) => last(field.autocomplete) || (/^(email|tel|url|country)$/.test(field.kind) ? field.kind : about([field.id, field.label]));
  const topic = (one) => {
    const el = one.els[0];
    const part = /^input_\d+\.(\d)$/.exec(el.name);
    if (part && GRAVITY[part[1]]) return GRAVITY[part[1]];
    // Pages write made-up tokens to keep browsers from filling in.
    const token = last(el.getAttribute("autocomplete"));
    if (token && (PARTS.test(token) || fields.some((field) => subject(field) === token))) return token;
    return /^(email|tel|url)$/.test(one.type) ? one.type : about([...names(one).slice(0, 2), labelOf(one, form)]);
  };
  for (const field of left()) {
    const mine = subject(field);
    if (!mine || left().filter((other) => subject(other) === mine).length > 1) continue;
    let ones = open().filter((one) => topic(one) === mine && fits(one, field));
    // A page may ask for a name in parts, and for an address twice.
    if (!ones.length && mine === "name") ones = open().filter((one) => !one.box && (PARTS.test(topic(one)) || topic(one) === GRAVITY[2]));
    else if (mine === "email") ones = ones.slice(0, 1);
    else if (ones.length > 1) ones = [];
    if (ones.length) give(field, ones);
  }
  for (const kind of ["textarea", "date"]) {
    const fitting = left().filter((field) => field.kind === kind);
    if (fitting.length === 1) only(fitting[0], open().filter((one) => one.type === kind));
  }
  return { mapped, rest, fields };
};

// ---- What the controls hold.

const DATE = /^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})$/;
const ORDER = /\b(y+m+d+|d+m+y+|m+d+y+)\b/;
// A day as the page writes it, to `YYYY-MM-DD`; what says no order stays as typed, so that nobody is understood wrongly.
const day = (el, text) => {
  const parts = DATE.exec(text);
  if (!parts || /^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const told = [el.dataset.untickedDate, el.placeholder, el.getAttribute("data-date-format"), el.className].map((one) => ORDER.exec((one || "").toLowerCase().replace(/[./-]/g, "")));
  const order = parts[1].length === 4 ? "ymd" : (told.find(Boolean) || [])[0] || (text.includes(".") ? "dmy" : "");
  const letters = order.replace(/(.)\1+/g, "$1");
  if (!letters) return text;
  const part = (letter) => parts[1 + letters.indexOf(letter)];
  return [part("y").padStart(4, "0"), part("m").padStart(2, "0"), part("d").padStart(2, "0")].join("-");
};
const optionOf = (field, value, label) => {
  const same = (text) => field.options.find((one) => fold(one.value) === fold(text) || fold(one.label) === fold(text));
  const known = field.options.find((one) => one.value === value) || same(value) || same(label);
  return known ? known.value : value;
};
const chosen = ({ els, type, box }) => {
  if (!box) return [...els[0].selectedOptions].map((one) => [one.value, one.label]);
  return els.filter((one) => one.checked).map((one) => [one.value, labelOf({ els: [one] }) || one.value]);
};
const valueOf = (field, ones) => {
  const lists = field.options && field.options.length;
  const texts = ones.flatMap((one) => {
    if (!one.box && !/^select/.test(one.type)) {
      const [el] = one.els;
      // What the browser cannot read looks empty from outside.
      const text = !el.value && el.validity.badInput ? "?" : el.value.trim().replace(/\r\n/g, "\n");
      return field.kind === "date" ? day(el, text) : lists ? optionOf(field, text, text) : text;
    }
    return chosen(one).filter(([value]) => value !== "").map(([value, label]) => (lists ? optionOf(field, value, label) : value));
  }).filter(Boolean).map((text) => text.replace(/\p{Surrogate}/gu, "\ufffd"));
  if (field.kind !== "checkboxes") return texts.join(" ");
  const all = field.options.map((one) => one.value);
  return [...new Set(texts)].sort((a, b) => all.indexOf(a) - all.indexOf(b));
};
// The same rule as `shared::validate::shown`.
const applies = (field, fields, values) => {
  let at = field;
  for (let bound = fields.length; at && at.show_if && bound; bound--) {
    const { field: by, any_of } = at.show_if;
    const held = [].concat(values[by] || []);
    if (!held.length || ((any_of || []).length && !any_of.some((one) => held.includes(one)))) return false;
    at = fields.find(({ id }) => id === by);
  }
  return true;
};

let count = 0, dressed = false;
const all = new Set();
addEventListener("pagehide", () => all.forEach((one) => one.leave()));
addEventListener("pageshow", (event) => event.persisted && all.forEach((one) => one.back()));

export default ({ origin, ask, trusted, dress, lead }) => async (form) => {
  const id = form.getAttribute(MARK);
  const nth = ++count;
  let placement, content, fields, mapped, ticket, head, tail, unsure, left = [];
  let busy = false, done = false, shown;
  const errors = new Map();
  const heard = new Set();

  const tell = (name, detail) =>
    form.dispatchEvent(new CustomEvent("unticked:" + name, {
      bubbles: true,
      composed: true,
      detail: { form: id, ...(placement && { version: placement.version, language: content.language }), ...detail },
    }));
  // To the owner, once.
  const note = (sentence, el) => {
    const text = "Unticked: " + sentence + ".";
    if (!heard.has(text)) console.warn(text, el || form);
    heard.add(text);
  };
  const say = (one, sentence) =>
    note("the control “" + (labelOf(one, form) || one.name || one.els[0].outerHTML.slice(0, 80)) + "” (" + (one.name || one.type) + ") " + sentence, one.els[0]);
  const path = (what) => "/v1/forms/" + encodeURIComponent(id) + "/" + what;
  const load = async (cache) => {
    const { lang } = form.closest("[lang]") || {};
    return (await ask(path("placement") + (lang ? "?lang=" + encodeURIComponent(lang) : ""), { cache })).json();
  };
  const word = (index, parts) => (content.words[index] || "").replace(/\{(\w+)\}/g, (all, name) => (parts && name in parts ? parts[name] : all));
  const buttons = () => [...elements.call(form), ...form.querySelectorAll("input[type=image],[data-unticked-submit]")].filter((one) => one.matches("[data-unticked-submit]") || /^(submit|image)$/.test(one.type));

  // ---- Where things stand.

  const CONTROL = /^(INPUT|SELECT|TEXTAREA|BUTTON)$/;
  const others = (box, els) => [...elements.call(form)].some((one) => CONTROL.test(one.tagName) && one.type !== "hidden" && box.contains(one) && !els.includes(one));
  // The largest box around controls that holds no other: a plugin's row.
  const row = (els) => {
    let at = els[0];
    while (!els.every((one) => at.contains(one))) at = at.parentElement;
    for (let up = at.parentElement; up && up !== form && form.contains(up) && !others(up, els) && !up.querySelector(PART); up = up.parentElement) at = up;
    return at;
  };
  const hide = (el) => {
    put(el, "hidden", "");
    styleOf.call(el).setProperty("display", "none", "important");
  };
  const putAway = ({ els }) => {
    const at = row(els);
    hide(at);
    for (const el of els) {
      for (const label of el.labels || []) if (!at.contains(label)) hide(label);
      el.required = false;
      if (isBox(el)) el.checked = el.defaultChecked = false;
    }
  };
  const host = async (looks) => {
    const el = make(PART, { theme: looks.theme, "data-unticked-part": "" });
    for (const property of looks.properties) el.style.setProperty(...property);
    const root = el.attachShadow({ mode: "open" });
    await dress(root, placement.stylesheet);
    try {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheetOf(SHEET)];
    } catch {
      // An engine without adopted sheets shows the product's own frame.
    }
    const box = make("div", { class: "unticked" + (looks.ground ? " ground" : ""), part: "form", lang: content.language, dir: content.direction });
    root.append(box);
    return { el, root, box };
  };
  const place = () => {
    if (!buttons().length) {
      const last = [...elements.call(form)].filter((one) => one.type === "button").pop();
      if (last) last.dataset.untickedSubmit = "";
      else note("the form “" + id + "” has no button that sends; mark one with data-unticked-submit");
    }
    const [button] = buttons().filter((one) => form.contains(one));
    if (head.el.parentElement !== form) form.prepend(head.el);
    if (!form.contains(tail.el)) {
      const before = button && row(buttons().filter((one) => form.contains(one)));
      if (before) before.before(tail.el);
      else form.append(tail.el);
      // A page that lays its rows out in columns gives each its own gap.
      if (before && before !== button) {
        const { paddingLeft, paddingRight } = getComputedStyle(before);
        Object.assign(tail.el.style, { paddingLeft, paddingRight });
      }
    }
    for (const at of new Set([form, tail.el.parentElement])) {
      const { display, flexWrap, flexDirection } = getComputedStyle(at);
      if (/flex/.test(display) && flexWrap === "nowrap" && /^row/.test(flexDirection)) styleOf.call(at).flexWrap = "wrap";
    }
  };

  // Every control of the page is a field's, or put away, or none of our business.
  const sort = () => {
    const found = map(form, content, say);
    ({ mapped, fields } = found);
    for (const one of found.rest) {
      const el = one.els[0];
      if (one.type === "hidden" || el.closest("[hidden]") || PLUMBING.test(one.name)) continue;
      if (one.type === "checkbox" && (one.els.length === 1 || CONSENT.test(one.name))) {
        // Ticked beforehand or for several things at once: the purposes' own boxes stand in its place.
        if (!CONSENT.test(one.name + " " + labelOf(one, form) + " " + row(one.els).className)) say(one, "is no field of the form “" + id + "” and is not sent; it was put away");
        putAway(one);
        continue;
      }
      if (one.els.every((each) => unseen(each, form))) continue;
      say(one, one.type === "file" ? "takes a file, which Unticked does not carry; it was put away" : "is no field of the form “" + id + "” and is not sent; it was put away. Name its field with data-unticked-field, or keep it on the page, unsent, with data-unticked-field=\"none\"");
      putAway(one);
    }
    for (const field of fields) {
      const ones = mapped.get(field.id);
      if (!ones && field.required && field.kind !== "hidden") note("the form “" + id + "” requires “" + field.label + "” (" + field.id + "), and no control of the page is that; it was added before the button");
      for (const one of ones || []) {
        if (!field.options || !field.options.length) continue;
        const offered = one.box ? one.els.map((el) => [el.value, labelOf({ els: [el] })]) : one.els[0].options ? [...one.els[0].options].map((option) => [option.value, option.label]) : [];
        const strange = offered.find(([value, label]) => value && !field.options.some((option) => option.value === optionOf(field, value, label)));
        if (strange) say(one, "offers “" + strange[0] + "”, which is no option of the field “" + field.id + "”");
      }
    }
    // A plugin may have it wait for a box that has gone.
    for (const button of buttons()) if (button.disabled) button.disabled = false;
    refresh();
  };

  // ---- What is added.

  const own = (field) => tail.root.querySelector('[data-field="' + field.id + '"]');
  const values = () => {
    const held = {};
    for (const field of fields) {
      const ones = mapped.get(field.id);
      const box = own(field);
      let value = "";
      if (field.kind === "hidden") {
        value = field.fixed || (field.prefill && new URLSearchParams(location.search).get(field.prefill)) || "";
      } else if (!ones && box && !box.hidden) {
        const els = [...box.querySelectorAll("input,select,textarea")];
        value = valueOf(field, [{ els, box: isBox(els[0]), type: els[0].type }]);
      }
      if (ones) value = value || valueOf(field, ones);
      if (value.length) held[field.id] = value;
    }
    for (const field of fields) if (!applies(field, fields, held)) delete held[field.id];
    return held;
  };
  // A required field that the page does not have shows here, while its condition holds.
  const refresh = () => {
    const held = values();
    for (const field of fields) {
      const box = own(field);
      if (box) box.hidden = mapped.has(field.id) || !field.required || !applies(field, fields, held);
    }
  };

  const build = async (next) => {
    const before = tail && { content, boxes: [...tail.root.querySelectorAll("input,select,textarea")] };
    const fresh = document.createElement("div");
    fresh.innerHTML = trusted(next.html);
    const old = [head, tail];
    placement = next;
    content = next.content;
    const looks = look(form, buttons()[0]);
    head = await host(looks);
    tail = await host(looks);
    try {
      if (!dressed) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheetOf(ERRORS)];
      dressed = true;
    } catch {
      // As above.
    }
    styleOf.call(form).setProperty("--unticked-wrong", looks.wrong);

    const grid = make("div", { class: "adopted" });
    const responsible = fresh.querySelector(".responsible");
    const whys = next.content.steps.flatMap((step) => step.fields).filter((field) => field.why && field.kind !== "hidden");
    if (whys.length && responsible) {
      const list = make("dl", {}, ...whys.map((field) => make("div", {}, make("dt", {}, field.label), make("dd", {}, field.why))));
      responsible.append(make("details", { class: "more", part: "whys" }, make("summary", {}, word("W:Why").replace(/\s*[:：]\s*$/, "")), list));
    }
    grid.append(fresh.querySelector(".summary"), responsible);
    head.box.append(grid);
    const inner = make("div", { class: "adopted" });
    const trap = fresh.querySelector("#trap");
    const label = fresh.querySelector('label[for="trap"]');
    inner.append(...fresh.querySelectorAll(".field, .purposes"), make("div", { class: "trap", "aria-hidden": "true" }, label, trap), make("p", { class: "seen-not", role: "status" }));
    tail.box.append(inner);
    // Headings go on from where the page is.
    const above = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter((one) => one.compareDocumentPosition(form) & 4).pop();
    const level = above ? Number(above.getAttribute("aria-level") || above.tagName[1]) : 1;
    for (const { root } of [head, tail]) {
      for (const one of root.querySelectorAll("h2,h3,h4")) put(one, "aria-level", Math.min(6, level + (one.tagName === "H4" ? 2 : 1)));
    }
    for (const box of tail.root.querySelectorAll("input")) if (isBox(box)) box.checked = false;
    if (before) {
      const text = (of, name) => JSON.stringify(of.purposes.find((purpose) => name === "choice." + purpose.id));
      for (const one of tail.root.querySelectorAll("input,select,textarea")) {
        const was = before.boxes.find((was) => was.name === one.name && (!isBox(one) || was.value === one.value));
        if (!was) continue;
        if (!isBox(one)) one.value = was.value;
        else if (/^value/.test(one.name) || text(before.content, one.name) === text(content, one.name)) one.checked = was.checked;
      }
    }
    for (const part of old) if (part) part.el.remove();
    head.root.addEventListener("click", (event) => {
      const link = event.target.closest("[data-focus]");
      if (!link) return;
      event.preventDefault();
      const ones = mapped.get(link.dataset.focus);
      const el = ones ? ones[0].els[0] : tail.root.querySelector('[name="value.' + link.dataset.focus + '"]');
      if (el) el.focus();
    });
    tail.root.addEventListener("input", (event) => entered(event.target));
    place();
    sort();
  };

  // ---- What is wrong.

  const entered = (el) => {
    const field = fields.find((one) => (mapped.get(one.id) || []).some(({ els }) => els.includes(el)) || el.name === "value." + one.id);
    if (field) settle(field.id);
    refresh();
  };
  const settle = (field) => {
    const undo = errors.get(field);
    errors.delete(field);
    if (undo) undo();
    const link = head.root.querySelector('[data-focus="' + field + '"]');
    if (link) link.parentElement.remove();
    if (undo && !errors.size) head.root.querySelector("#summary").hidden = true;
  };
  const atField = (field, message) => {
    const ones = mapped.get(field);
    if (!ones) {
      const box = tail.root.querySelector('[data-field="' + field + '"]');
      if (!box) return;
      const text = box.querySelector(".error");
      const control = box.querySelector("input:not([type=checkbox],[type=radio]),select,textarea");
      text.textContent = message;
      text.hidden = false;
      if (control) control.setAttribute("aria-invalid", "true");
      errors.set(field, () => {
        text.hidden = true;
        if (control) control.removeAttribute("aria-invalid");
      });
      return;
    }
    const [{ els, box }] = ones;
    const [el] = els;
    const words = make("unticked-error", { id: "unticked-" + nth + "-" + field }, message);
    // Not into a label: it would become the control's name.
    if (box || ones.length > 1) row(ones.flatMap((one) => one.els)).append(words);
    else (el.closest("label") || el).after(words);
    const was = [el.getAttribute("aria-describedby"), el.getAttribute("aria-invalid")];
    put(el, "aria-describedby", [words.id, was[0]].filter(Boolean).join(" "));
    if (!box) put(el, "aria-invalid", "true");
    errors.set(field, () => {
      words.remove();
      put(el, "aria-describedby", was[0]);
      put(el, "aria-invalid", was[1]);
    });
  };
  const clear = () => [...errors.keys()].forEach(settle);
  // The summary comes first and takes focus.
  const trouble = (problem, sentence, wrong) => {
    clear();
    const summary = head.root.querySelector("#summary");
    for (const one of [...summary.children]) if (one.tagName === "P") one.remove();
    const list = summary.querySelector("ul");
    list.replaceChildren();
    if (sentence) list.before(make("p", { part: "problem" }, sentence));
    for (const { field, message } of wrong || []) {
      atField(field, message);
      list.append(make("li", {}, make("a", { href: "#unticked-" + nth + "-" + field, "data-focus": field }, message)));
    }
    summary.hidden = false;
    summary.focus();
    tell("error", { problem, fields: (wrong || []).map(({ field }) => field) });
  };
  const SENTENCES = {
    "ticket-expired": "W:ProblemTicket",
    "ticket-invalid": "W:ProblemTicket",
    "signature-invalid": "W:ProblemTicket",
    "definition-changed": "W:ProblemChanged",
    "origin-not-allowed": "W:ProblemOrigin",
    "already-submitted": "W:ProblemAlreadySubmitted",
    "validation-failed": "W:ProblemSendAgain",
    "rate-limited": "W:ProblemRateLimited",
    "too-large": "W:ProblemTooLarge",
    unavailable: "W:ProblemUnavailable",
    "no-answer": "W:ProblemOffline",
  };
  const fail = (problem, seconds) => trouble(problem, word(SENTENCES[problem] || "W:ProblemInternal", { seconds: seconds || 60 }));

  // ---- Sending.

  const mint = async () => {
    const body = JSON.stringify({ language: content.language, version: placement.version });
    const answer = await ask(path("tickets"), { method: "POST", headers: { "content-type": "application/json" }, body });
    return { ...(await answer.json()), at: performance.now() };
  };
  const getTicket = (again) => {
    if (again || !ticket) {
      const mine = (ticket = mint());
      mine.catch(() => { if (ticket === mine) ticket = null; });
    }
    return ticket;
  };
  const reload = async () => {
    try {
      ticket = null;
      await build(await load("reload"));
      fail("definition-changed");
    } catch {
      fail("unavailable");
    }
  };
  const gone = (error) => (/^(definition-changed|not-found)$/.test(error.problem) ? reload() : fail(error.problem || "no-answer", error.wait));
  const working = (on) => {
    busy = on;
    put(form, "aria-busy", on ? "true" : null);
    for (const button of buttons()) put(button, "aria-disabled", on ? "true" : null);
    tail.root.querySelector("[role=status]").textContent = on ? word("W:Sending") : "";
  };
  const submission = (mine) => {
    const boxes = [...tail.root.querySelectorAll('[name^="choice."]')];
    const choices = Object.fromEntries(boxes.map((box) => [box.name.slice(7), box.checked ? "granted" : "refused"]));
    const { globalPrivacyControl: gpc } = navigator;
    const trap = tail.root.querySelector("#trap").value;
    return sorted({
      build: /adopt(-\w+)?/.exec(import.meta.url.split("/").pop())[0],
      choices: sorted(choices),
      ...(typeof gpc === "boolean" && { gpc }),
      page: location.origin + location.pathname,
      ticket: mine.ticket,
      ...(trap && { trap }),
      values: sorted(values()),
    });
  };
  // Without WebCrypto (plain http): the ticket alone speaks for it, and the answer is a page of the collector's.
  const post = ({ values, choices, ticket, page, trap }) => {
    const away = make("form", { method: "post", action: origin + "/f/" + encodeURIComponent(id), "accept-charset": "utf-8", hidden: "" });
    const add = (name, value) => away.append(make("input", { type: "hidden", name, value }));
    for (const name in values) for (const value of [].concat(values[name])) add("value." + name, value);
    for (const name in choices) if (choices[name] === "granted") add("choice." + name, "granted");
    add("ticket", ticket);
    add("version", placement.version);
    add("language", content.language);
    add("page", page);
    if (trap) add("trap", trap);
    document.addEventListener("securitypolicyviolation", (event) => {
      if (event.effectiveDirective === "form-action") {
        tell("error", { problem: "form-action", fields: [] });
        lead(form);
      }
    }, { once: true });
    document.body.append(away);
    native.submit.call(away);
    away.remove();
  };
  const attempt = async (mine) => {
    const body = JSON.stringify(submission(mine));
    const timestamp = Math.trunc(mine.issued_at + Math.max(0, performance.now() - mine.at) / 1000);
    const bytes = (text) => new TextEncoder().encode(text);
    const raw = Uint8Array.from(atob(mine.key), (c) => c.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const mac = await crypto.subtle.sign("HMAC", key, bytes(mine.id + "." + timestamp + "." + body));
    const signature = "v1," + btoa(String.fromCharCode(...new Uint8Array(mac)));
    const cut = new AbortController();
    const late = setTimeout(() => cut.abort(), PATIENCE);
    try {
      const headers = { "content-type": "application/json", "unticked-id": mine.id, "unticked-timestamp": String(timestamp), "unticked-signature": signature };
      const answer = await fetch(origin + path("submissions"), { method: "POST", credentials: "omit", headers, body, signal: cut.signal });
      const wait = Number(answer.headers.get("retry-after")) || undefined;
      return { ok: answer.ok, wait, body: await answer.json() };
    } catch {
      // Nothing came, or nothing that can be read: it may have arrived or not.
      return null;
    } finally {
      clearTimeout(late);
    }
  };
  const send = async () => {
    for (let renewed = false; ; renewed = true) {
      let mine;
      try {
        mine = await getTicket();
      } catch (error) {
        return gone(error);
      }
      const missing = content.minimum_seconds * 1000 + MARGIN - (performance.now() - mine.at);
      if (missing > 0) await new Promise((then) => setTimeout(then, missing));
      if (!window.crypto || !crypto.subtle) return post(submission(mine));
      // From here on it may have arrived: the ticket stays, or it could arrive twice.
      unsure = true;
      const answer = await attempt(mine);
      if (!answer) return fail("no-answer");
      if (answer.ok) return arrived(answer.body);
      const { type, errors: wrong } = answer.body;
      if (/^(ticket-expired|ticket-invalid|signature-invalid)$/.test(type) && !renewed) {
        try {
          await getTicket(true);
          continue;
        } catch (error) {
          return gone(error);
        }
      }
      if (type === "definition-changed") return reload();
      const told = (wrong || []).filter(({ message }) => message);
      if (type === "validation-failed" && told.length) return trouble(type, "", told);
      if (type === "already-submitted") await getTicket(true).catch(() => {});
      return fail(type || "no-answer", answer.wait);
    }
  };

  // ---- It has arrived.

  const arrived = async (accepted) => {
    done = true;
    clear();
    const said = { granted: "W:Granted", granted_unconfirmed: "W:GrantedUnconfirmed", refused: "W:Refused", withdrawn: "W:Withdrawn" };
    const [before, after] = word("W:DoneText").split("{reference}");
    const reference = make("strong", { class: "reference", part: "reference", dir: "ltr" }, accepted.reference);
    const level = head.root.querySelector("h2").getAttribute("aria-level");
    const title = make("h2", { id: "done", part: "done-title", tabindex: "-1", "aria-level": level }, word("W:DoneTitle"));
    const section = make("section", { class: "done", part: "done", "aria-labelledby": "done" }, title, make("p", {}, before, reference, after || ""));
    if (accepted.decisions.length) {
      const rows = accepted.decisions.map(({ name, decision }) => make("div", { "data-decision": decision }, make("dt", {}, name), make("dd", {}, word(said[decision]))));
      const hint = word("W:WithdrawHint") + " " + content.notice.withdraw;
      section.append(make("h3", { part: "section-title", "aria-level": Math.min(6, Number(level) + 1) }, word("W:DoneDecisions")), make("dl", { part: "decisions" }, ...rows), make("p", { class: "withdraw", part: "withdraw" }, hint));
    }
    if (accepted.preferences) {
      const { href } = new URL(accepted.preferences, origin);
      section.append(make("p", {}, make("a", { part: "preferences", href }, word("W:PreferencesLink") || href), " ", word("W:PreferencesHint")));
    }
    if (accepted.receipt) {
      const href = "data:application/octet-stream;base64," + accepted.receipt;
      section.append(make("p", {}, make("a", { part: "receipt", href, download: "receipt-" + accepted.reference + ".json" }, word("W:ReceiptLink")), " ", word("W:ReceiptHint")));
    }
    const part = await host(look(form, buttons()[0]));
    part.box.append(section);
    Element.prototype.before.call(form, part.el);
    native.reset.call(form);
    hide(form);
    title.focus();
    tell("submitted", { decisions: Object.fromEntries(accepted.decisions.map((one) => [one.purpose, one.decision])) });
  };

  // ---- Beginning.

  // A page may have made this form from another one that was adopted.
  form.querySelectorAll(PART + ",unticked-error").forEach((one) => one.remove());
  // Its own way is closed, whoever finds another one to send it.
  const away = origin + "/f/" + encodeURIComponent(id);
  put(form, "action", away);
  put(form, "method", "post");
  put(form, "target", null);
  // Wrong entries are told in our words, and a box that was put away keeps nobody from sending.
  put(form, "novalidate", "");
  for (const one of elements.call(form)) one.removeAttribute("formaction");

  await build(await load("default"));
  const touched = () => getTicket().catch(() => {});
  for (const type of ["focusin", "pointerdown", "keydown"]) form.addEventListener(type, touched, { capture: true, passive: true });
  for (const type of ["input", "change"]) form.addEventListener(type, (event) => entered(event.target));

  // jQuery's trigger() calls its own listeners without an event that anybody else hears.
  const silence = () => {
    const { jQuery } = window;
    if (!jQuery || !jQuery.fn || !jQuery.fn.off) return;
    jQuery(form).off("submit").on("submit", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!event.originalEvent) one.send(performance.now());
    });
  };
  silence();
  addEventListener("load", () => setTimeout(silence));

  // What the page changes in its own form: a field that comes, a part of ours that goes, a button that is put to sleep.
  let thrown = 0, soon;
  new MutationObserver((seen) => {
    const ours = (node) => node.nodeType !== 1 || node.matches("unticked-error") || (node.matches(PART) && node.isConnected);
    if (done || soon || seen.every((one) => one.type === "childList" && [...one.addedNodes, ...one.removedNodes].every(ours))) return;
    soon = setTimeout(() => {
      soon = 0;
      if (done) return;
      // A page that throws out what was put in, each time, wins in the end.
      if (!(head.el.isConnected && tail.el.isConnected) && ++thrown < 50) place();
      sort();
    }, 50);
  }).observe(form, { childList: true, subtree: true, attributeFilter: ["disabled"] });

  const one = {
    // `pressed` is when. Who pressed before anything was disclosed has not read it yet: what was typed is there, and
    // another press sends it.
    async send(pressed) {
      if (busy || done) return;
      if (pressed < shown) return fail("validation-failed");
      working(true);
      try {
        await send();
      } finally {
        working(false);
      }
    },
    leave() {
      left = [...tail.root.querySelectorAll("input")].filter((box) => isBox(box) && box.checked);
    },
    back() {
      setTimeout(() => left.forEach((box) => { box.checked = true; }));
      if (busy) working(false);
      if (ticket && !unsure && !done) getTicket(true).catch(() => {});
    },
  };
  for (const other of all) if (!other.here()) all.delete(other);
  one.here = () => form.isConnected;
  all.add(one);
  shown = performance.now();
  tell("shown");
  tell("ready");
  return one;
};
