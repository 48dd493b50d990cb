// What was deleted can be taken back: for ten seconds with a button, and with Ctrl Z
// until the page is left.
(() => {
  "use strict";

  const STANDS_MS = 10_000;
  const place = document.getElementById("undo");
  const deleted = [];
  let expiry = null;

  document.body.addEventListener("undo", (event) => {
    deleted.push(event.detail.url);
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = place.dataset.undo;
    button.addEventListener("click", takeBack);
    toast.append(`${event.detail.sentence} `, button);
    place.replaceChildren(toast);
    expire();
  });

  function expire() {
    clearTimeout(expiry);
    expiry = setTimeout(() => {
      // Never away from under a hand or the focus.
      if (place.matches(":hover") || place.contains(document.activeElement)) expire();
      else place.replaceChildren();
    }, STANDS_MS);
  }

  function takeBack() {
    const url = deleted.pop();
    place.replaceChildren();
    if (url) htmx.ajax("POST", url, { swap: "none", source: document.body });
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const undo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!undo || typing || !deleted.length) return;
    event.preventDefault();
    takeBack();
  });
})();
