// Pieces of evidence in the form of an entry: more of them, or fewer.
(() => {
  "use strict";

  const rowsIn = (form) => [...form.querySelectorAll("[data-evidence]")];

  function add(form) {
    const rows = rowsIn(form);
    const fresh = rows.at(-1).cloneNode(true);
    for (const field of fresh.querySelectorAll("input, select, textarea")) field.value = "";
    rows.at(-1).after(fresh);
    return fresh;
  }

  document.addEventListener("click", (event) => {
    const form = event.target.closest("form");
    if (event.target.closest("[data-evidence-add]")) add(form).querySelector("textarea").focus();
    const cross = event.target.closest("[data-evidence-remove]");
    if (!cross) return;
    const row = cross.closest("[data-evidence]");
    if (rowsIn(form).length > 1) row.remove();
    else for (const field of row.querySelectorAll("input, select, textarea")) field.value = "";
    const last = rowsIn(form).at(-1).querySelector("textarea");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A draft that comes back may have more pieces than the form.
  document.addEventListener("room", (event) => {
    if (event.detail.name !== "evidence_what") return;
    while (rowsIn(event.target).length < event.detail.count) add(event.target);
  });
})();
