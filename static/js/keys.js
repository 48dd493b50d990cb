// The keyboard map of the design. Single keys are off in fields, and where the profile
// says so; Ctrl Enter, Esc and Alt 1 to 5 always work.
(() => {
  "use strict";

  const singles = document.body.dataset.shortcuts !== "off";
  const dialog = document.getElementById("keys");
  let going = 0;

  const inField = (element) =>
    element.closest("input:not([type='checkbox']):not([type='radio']), textarea, select, [contenteditable]");

  function press(selector) {
    const target = document.querySelector(selector);
    if (target) target.click();
    return Boolean(target);
  }

  // Rows of the report, or of a list; from the one that has the focus, else from the
  // first in view.
  function walkRows(step) {
    const rows = [...document.querySelectorAll(
      "main :is(.tl__row, .why, .lessons li, .follow-ups li, .measures li, .ledger tr) > * [data-edit-row]," +
      "main :is(.lessons li, .follow-ups li, .measures li, .why) > [data-edit-row], main a.factor," +
      "main .ledger a.what, main .rows a.rows__title",
    )];
    const at = rows.findIndex((row) => (row.closest("[data-id], tr, li") || row).contains(document.activeElement));
    const inView = rows.findIndex((row) => row.getBoundingClientRect().top > 100);
    const next = at < 0 ? rows[Math.max(inView, 0)] : rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    return goTo(next);
  }

  // The row that has the focus; a list that is picked from takes it (picking.js).
  const pickRow = (range) =>
    !document.body.dispatchEvent(new CustomEvent("pick-row", { cancelable: true, detail: { range } }));

  // Suggestions in the margin, once one of them has the focus.
  const suggestions = () => [...document.querySelectorAll("[data-suggestion]")];
  const suggestionHere = () => document.activeElement?.closest("[data-suggestion]");

  function walkSuggestions(step) {
    const all = suggestions();
    const at = all.indexOf(suggestionHere());
    return at < 0 ? false : goTo(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
  }

  // The first one, wherever the margin is; then taken over by the same key.
  function takeOver() {
    const here = suggestionHere();
    if (here) return pressIn(here, "[data-take-over]");
    const [first] = suggestions();
    const margin = first?.closest("[popover]");
    if (margin && !first.checkVisibility()) margin.showPopover();
    return goTo(first);
  }

  function pressIn(place, selector) {
    place.querySelector(selector)?.click();
    return true;
  }

  function goTo(target) {
    if (!target) return false;
    if (!target.matches("a, button, input, select, textarea, [contenteditable]")) target.tabIndex = -1;
    target.focus();
    target.scrollIntoView({ block: "nearest" });
    return true;
  }

  // To the place of the next thing to settle, and to what can be done about it there.
  function walkFindings(step) {
    const links = [...document.querySelectorAll(".readiness > ul a")];
    if (!links.length) return false;
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = at < 0 ? links[step > 0 ? 0 : links.length - 1] : links[Math.min(Math.max(at + step, 0), links.length - 1)];
    links.forEach((link) => link.removeAttribute("aria-current"));
    next.setAttribute("aria-current", "true");
    const place = document.getElementById(next.hash.slice(1));
    return goTo(place?.querySelector("[data-shared] [contenteditable], [data-edit-row], a[hx-get]") || place);
  }

  function single(event) {
    if (going && event.key in { h: 1, i: 1, a: 1 }) {
      going = 0;
      return press(`[data-go="${event.key}"]`);
    }
    going = 0;
    switch (event.key) {
      case "/": (document.querySelector("[data-search]") || document.getElementById("jump"))?.focus(); return true;
      case "g": going = 1; setTimeout(() => { going = 0; }, 1500); return true;
      case "j": return walkSuggestions(1) || walkRows(1);
      case "k": return walkSuggestions(-1) || walkRows(-1);
      case "t": return takeOver();
      case "x": case "X": return pickRow(event.shiftKey);
      case "e": case "a": case "f": return press(`[data-key="${event.key}"]`);
      case "[": return walkFindings(-1);
      case "]": return walkFindings(1);
      case "?": dialog?.showModal(); return Boolean(dialog);
      default: return false;
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const form = event.target.closest?.("form");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.key === "Escape" && form?.querySelector("[data-cancel]")) {
      event.preventDefault();
      form.querySelector("[data-cancel]").click();
      return;
    }
    if (event.altKey && !event.ctrlKey && /^Digit[1-5]$/.test(event.code)) {
      const heading = document.getElementById(`s${event.code.slice(-1)}`);
      if (!goTo(heading)) return;
      heading.scrollIntoView();
      event.preventDefault();
      return;
    }
    if (!singles || event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
    if (dialog?.open) return;
    if (single(event)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open='keys']")) dialog?.showModal();
  });
})();
