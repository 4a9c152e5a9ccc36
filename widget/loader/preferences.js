// The personal page: takes the token out of the address, where it would stay in the history, and posts it.
"use strict";
const open = () => {
  const token = location.hash.slice(1);
  const form = document.querySelector("form[data-open]");
  if (!token || !form) return;
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  form.submit();
};
addEventListener("hashchange", open);
open();
