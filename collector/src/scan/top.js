// What stands on the page: our gate, and other tools that ask for consent.
const u = self.unticked, has = name => { try { return self[name] !== undefined && self[name] !== null; } catch { return false; } };
const verbs = u && typeof u.refuse === "function" && typeof u.grant === "function" && typeof u.decisions === "function";
let live = false;
try { const all = verbs && u.decisions(); live = !!all && typeof all === "object" && typeof all.then !== "function"; } catch {}
const tools = { OneTrust: "OneTrust", Cookiebot: "Cookiebot", UC_UI: "Usercentrics", Didomi: "Didomi",
  __cmp_div: "consentmanager", klaro: "Klaro", CookieConsent: "CookieConsent", cookieconsent: "Cookie Consent",
  Osano: "Osano", truste: "TrustArc", complianz: "Complianz", BorlabsCookie: "Borlabs Cookie", _iub: "iubenda", CookieYes: "CookieYes",
  tarteaucitron: "tarteaucitron", Sirdata: "Sirdata", axeptioSDK: "Axeptio", termly: "Termly", c15tStore: "c15t" };
const others = new Set(Object.keys(tools).filter(has).map(name => tools[name]));
if (!live && others.size === 0 && (has("__tcfapi") || has("__cmp"))) others.add("a tool that speaks IAB's TCF");
const links = [...document.links].map(a => a.href);
return { gate: live ? "live" : u ? "stub" : "absent", others: [...others], links, address: location.href,
  kind: document.contentType, ready: document.readyState };
