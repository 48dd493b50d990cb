// An action's own page: what is typed is never replaced by what arrives, and whoever comes
// back to the page sees what others did meanwhile. Without it, forms are forms.
(() => {
  "use strict";

  const page = document.querySelector("[data-live]");
  const announce = document.getElementById("announce");
  const PAUSE_MS = 3_000;
  let asked = Date.now();
  let here = version();
  let own = false; // what arrives next follows a save of this page

  function version() {
    return document.querySelector("[data-version]")?.dataset.version;
  }

  // A form is in hand from the first key on; it is let go of when it is saved, which
  // brings a new one in its place.
  page.addEventListener("input", (event) => {
    event.target.closest("[data-form]")?.setAttribute("data-editing", "");
  });

  function lookAgain() {
    if (document.visibilityState !== "visible" || Date.now() - asked < PAUSE_MS) return;
    asked = Date.now();
    document.body.dispatchEvent(new CustomEvent("outdated"));
  }

  window.addEventListener("focus", lookAgain);
  document.addEventListener("visibilitychange", lookAgain);
  window.addEventListener("pageshow", (event) => event.persisted && lookAgain());

  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.xhr.getResponseHeader("X-Saved-At")) own = true;
  });

  document.body.addEventListener("parts-merged", () => {
    const mine = own;
    own = false;
    if (version() === here) return;
    here = version();
    if (mine) return;
    announce.textContent = page.dataset.changed;
    const form = document.querySelector("#form-settle");
    if (form && form.dataset.v !== here) stale(form);
  });

  function stale(form) {
    if (form.hasAttribute("data-editing")) form.querySelector("[data-stale]").hidden = false;
    else htmx.ajax("GET", location.pathname, { target: "#form-settle", select: "#form-settle", swap: "outerHTML" });
  }

  document.body.addEventListener("told", (event) => {
    const told = document.createElement("p");
    told.className = "notice";
    told.setAttribute("role", "status");
    told.textContent = event.detail.sentence;
    document.getElementById("notices").replaceChildren(told);
  });
})();
