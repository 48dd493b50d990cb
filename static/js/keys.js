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

  function walk(step, items, current) {
    if (!items.length) return false;
    const at = items.indexOf(current);
    const next = items[Math.min(Math.max(at + step, 0), items.length - 1)] || items[0];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function walkRows(step) {
    const rows = [...document.querySelectorAll(".tl__row [data-edit-row], .ledger a.what, .ledger tbody [data-edit-row]")];
    const current = rows.find((row) => row.closest("li, tr")?.contains(document.activeElement));
    return walk(step, rows, current);
  }

  function walkFindings(step) {
    const links = [...document.querySelectorAll(".readiness > ul a")];
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
    if (!next) return false;
    links.forEach((link) => link.removeAttribute("aria-current"));
    next.setAttribute("aria-current", "true");
    next.click();
    return true;
  }

  function single(event) {
    if (going && event.key in { h: 1, i: 1 }) {
      going = 0;
      return press(`[data-go="${event.key}"]`);
    }
    going = 0;
    switch (event.key) {
      case "/": document.getElementById("jump")?.focus(); return true;
      case "g": going = 1; setTimeout(() => { going = 0; }, 1500); return true;
      case "j": return walkRows(1);
      case "k": return walkRows(-1);
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
      if (heading) {
        event.preventDefault();
        heading.tabIndex = -1;
        heading.focus();
        heading.scrollIntoView();
      }
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
