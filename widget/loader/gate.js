// The gate. Everything waits: nothing is granted.
(() => {
const config = "CONFIG";
const allowed = (purpose) => (config.n || []).includes(purpose);
window.unticked = { ready: Promise.resolve(), allowed };
})();
