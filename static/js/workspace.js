// The workspace: parts that changed are fetched again and merged into the page without
// touching what somebody is typing in; forms open and close in place.
(() => {
  "use strict";

  const page = document.querySelector("[data-live]");
  if (!page) return;

  // --- Live parts ------------------------------------------------------------------

  // An open editor stays as it is, whatever arrives around it.
  const keepEditors = {
    beforeNodeMorphed: (old) => !(old.matches && old.matches("[data-editing]")),
    beforeNodeRemoved: (old) =>
      !(old.matches && (old.matches("[data-editing]") || old.querySelector("[data-editing]"))),
  };

  const waiting = new Set();
  let timer = null;

  function refresh(parts) {
    parts.forEach((part) => waiting.add(part));
    clearTimeout(timer);
    timer = setTimeout(fetchParts, 30);
  }

  async function fetchParts() {
    const query = new URLSearchParams([...waiting].map((part) => ["part", part]));
    if (page.dataset.order) query.set("order", page.dataset.order);
    waiting.clear();
    const answer = await fetch(`${page.dataset.live}?${query}`, {
      headers: { "HX-Request": "true" },
      credentials: "same-origin",
    });
    if (!answer.ok) return;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement && document.activeElement.id;
    for (const template of parsed.querySelectorAll("template[data-part]")) {
      merge(template.dataset.part, template.innerHTML);
    }
    if (focused && !document.activeElement.id) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
    document.body.dispatchEvent(new CustomEvent("parts-merged"));
  }

  function merge(part, html) {
    const target = document.getElementById(`part-${part}`);
    if (!target) return;
    Idiomorph.morph(target, html, { morphStyle: "innerHTML", callbacks: keepEditors });
    htmx.process(target);
  }

  document.body.addEventListener("changed", (event) => refresh(event.detail.parts));

  // --- Forms in place --------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close) {
      event.preventDefault();
      const editor = close.closest("[data-editing]");
      const slot = editor && editor.parentElement;
      if (editor) editor.remove();
      const opener = slot && document.querySelector(`[hx-target="#${slot.id}"]`);
      if (opener) opener.focus();
      return;
    }
    // A click on a row's text opens it; a link, a button or a selection does not.
    if (event.target.closest("a, button, input, select, textarea, summary, label")) return;
    if (String(window.getSelection())) return;
    const row = event.target.closest(".tl__row, .section, .lessons li, .follow-ups li, .why, .facts > div, .doc-title");
    const edit = row && row.querySelector("[data-edit-row]");
    if (edit) edit.click();
  });

  // The first field of a form that opened gets the focus, its error first.
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const editor = event.detail.elt.closest?.("[data-editing]") ||
      event.detail.elt.querySelector?.("[data-editing]");
    if (!editor || editor.contains(document.activeElement)) return;
    const first =
      editor.querySelector("[aria-invalid='true']") ||
      editor.querySelector("[role='alertdialog'] button") ||
      editor.querySelector("[autofocus]") ||
      editor.querySelector("input:not([type='hidden']), textarea, select");
    if (first) first.focus();
  });

  // “Put both in”: the other text goes in front of yours, to be edited before saving.
  document.addEventListener("click", (event) => {
    const both = event.target.closest("button[name='resolution'][value='both']");
    if (!both) return;
    event.preventDefault();
    const form = both.closest("form");
    for (const theirs of form.querySelectorAll("[data-theirs]")) {
      const field = form.elements[theirs.dataset.theirs];
      if (!field || !("value" in field) || field.type === "hidden") continue;
      const joint = field.tagName === "TEXTAREA" ? "\n\n" : " / ";
      field.value = `${theirs.textContent.trim()}${joint}${field.value}`;
    }
    both.closest("[role='alertdialog']").remove();
    form.querySelector("textarea, input:not([type='hidden'])").focus();
  });
})();
