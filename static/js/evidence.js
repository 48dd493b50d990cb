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

  // --- Pictures and files ---------------------------------------------------------------

  const formOf = (event) => event.target.closest?.("form:has([data-evidence])");

  function bring(form, files) {
    form.dispatchEvent(new CustomEvent("files", { bubbles: true, detail: { files, insert: (_text, kept) => show(form, kept) } }));
  }

  // A piece of evidence of its own, whose label says what it shows.
  function show(form, { address, picture }) {
    const empty = rowsIn(form).find((row) => !valueOf(row, "what").value && !valueOf(row, "label").value);
    const row = empty || add(form);
    valueOf(row, "kind").value = picture ? "screenshot" : "log";
    valueOf(row, "what").value = address;
    const label = valueOf(row, "label");
    label.placeholder = form.querySelector("[data-evidence-file]").dataset.ask;
    label.focus();
    valueOf(row, "what").dispatchEvent(new Event("input", { bubbles: true }));
  }

  const valueOf = (row, name) => row.querySelector(`[name='evidence_${name}']`);

  document.addEventListener("paste", (event) => {
    const form = formOf(event);
    const files = [...(event.clipboardData?.files || [])];
    if (!form || !files.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    bring(form, files);
  });
  document.addEventListener("dragover", (event) => {
    if (formOf(event) && event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const form = formOf(event);
    const files = [...(event.dataTransfer?.files || [])];
    if (!form || !files.length) return;
    event.preventDefault();
    bring(form, files);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-evidence-file]")) return;
    bring(event.target.form, [...event.target.files]);
    event.target.value = "";
  });

  // A draft that comes back may have more pieces than the form.
  document.addEventListener("room", (event) => {
    if (event.detail.name !== "evidence_what") return;
    while (rowsIn(event.target).length < event.detail.count) add(event.target);
  });
})();
