// What shows the banner and sends what was decided.
(() => {})();
