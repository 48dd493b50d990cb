// Shows under a time field what will be stored, while somebody types it, and brings the
// due date that is offered into its field.
// A field asks for it with data-preview-url; data-preview-after names the field that
// times such as +15m count from. The answer goes to the hint that describes the field.
(() => {
  "use strict";

  const PAUSE_MS = 200;
  const waiting = new WeakMap();

  async function show(field) {
    const hint = document.getElementById(field.getAttribute("aria-describedby"));
    if (!hint) return;
    hint.dataset.hint ??= hint.textContent;
    if (!field.value.trim()) {
      hint.textContent = hint.dataset.hint;
      hint.className = "hint";
      return;
    }
    const form = field.form;
    const asked = new URLSearchParams({ text: field.value });
    if (field.dataset.previewRow) asked.set("row", field.dataset.previewRow);
    for (const name of ["zone", "after_id", "near"]) {
      const other = form && form.elements.namedItem(name);
      if (other && other.value) asked.set(name, other.value);
    }
    const after = field.dataset.previewAfter && document.querySelector(field.dataset.previewAfter);
    if (after && after.value) asked.set("after", after.value);

    const typed = field.value;
    const answer = await fetch(`${field.dataset.previewUrl}?${asked}`, {
      headers: { "HX-Request": "true" },
      credentials: "same-origin",
    }).catch(() => null);
    // Offline, signed out or overtaken by the next letter: the hint stays as it is.
    if (!answer || ![200, 422].includes(answer.status) || field.value !== typed) return;
    hint.innerHTML = await answer.text();
    hint.className = "hint";
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches("[data-preview-url]")) return;
    clearTimeout(waiting.get(field));
    waiting.set(field, setTimeout(() => show(field), PAUSE_MS));
  });

  document.addEventListener("change", (event) => {
    if (event.target.name !== "zone" || !event.target.form) return;
    event.target.form.querySelectorAll("[data-preview-url]").forEach(show);
  });

  // A time that was there twice: the choice goes into the field with its offset.
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-moment-choice]");
    if (!choice) return;
    const hint = choice.closest("[id]");
    const field = document.querySelector(`[aria-describedby="${hint.id}"]`);
    field.value = choice.dataset.momentChoice;
    field.focus();
    show(field);
  });

  // The due date that a policy asks for goes into the field beside it.
  document.addEventListener("click", (event) => {
    const key = event.target.closest("[data-due-offer]");
    if (!key) return;
    const field = key.form.elements.namedItem("due");
    field.value = key.dataset.dueOffer;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });

  // Another owner, type or priority can mean another date.
  document.addEventListener("change", async ({ target: { name, form } }) => {
    const place = form?.querySelector("[data-offer-url]");
    if (!place || !["owner", "types", "priority"].includes(name)) return;
    const typed = new FormData(form);
    const asked = new URLSearchParams(
      [...typed].filter(([key]) => ["owner", "types", "priority"].includes(key)));
    const answer = await fetch(`${place.dataset.offerUrl}?${asked}`, {
      headers: { "HX-Request": "true" },
      credentials: "same-origin",
    }).catch(() => null);
    if (answer?.status === 200) place.innerHTML = await answer.text();
  });
})();
