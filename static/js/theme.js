// The theme switch applies at once, and is kept with the account.
(() => {
  "use strict";
  const form = document.querySelector("[data-theme-switch]");
  if (!form) return;
  form.addEventListener("change", (event) => {
    const theme = event.target.value;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
  });
})();
