// Choosing rows of a list: checkboxes, X, a range with shift, all on the page; and the
// dialog in which they are changed together. Without this file it is plain forms.
(() => {
  "use strict";

  const STANDS_MS = 10_000;
  const dialog = document.getElementById("bulk-dialog");
  let last = null;

  const form = () => document.querySelector("[data-picking]");
  const boxes = () => [...document.querySelectorAll("[data-picking] input[name='action']")];

  function show() {
    const bar = form()?.querySelector("[data-bulk]");
    if (!bar) return;
    const all = boxes();
    const count = all.filter((box) => box.checked).length;
    bar.toggleAttribute("data-any", count > 0);
    const words = bar.querySelector("[data-bulk-count]");
    words.textContent = count === 1 ? words.dataset.one : words.dataset.many.replace("%d", count);
    const whole = form().querySelector("[data-pick-all]");
    whole.checked = count > 0 && count === all.length;
    whole.indeterminate = count > 0 && count < all.length;
    const every = form().querySelector("[data-pick-every]");
    if (every && !whole.checked) every.checked = false;
  }

  function pick(box, range) {
    const all = boxes();
    if (range && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((one) => { one.checked = box.checked; });
    }
    last = box;
    show();
  }

  function pickAll(checked) {
    boxes().forEach((box) => { box.checked = checked; });
    show();
  }

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (target.matches("[data-picking] input[name='action']")) pick(target, event.shiftKey);
    else if (target.matches("[data-pick-all]")) pickAll(target.checked);
    else if (target.matches("[data-pick-every]") && target.checked) pickAll(true);
    else if (target.closest("[data-pick-none]")) pickAll(false);
    else if (dialog?.open && target.closest("[data-closes]")) {
      event.preventDefault();
      dialog.close();
    }
  });

  // X selects the row that has the focus (keys.js knows whether single keys are on).
  document.body.addEventListener("pick-row", (event) => {
    const box = document.activeElement?.closest("tr")?.querySelector("input[name='action']");
    if (!box) return;
    box.checked = !box.checked;
    pick(box, event.detail.range);
    event.preventDefault();
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "bulk-answer" && event.detail.target.childElementCount) {
      if (!dialog.open) dialog.showModal();
    }
    show();
  });
  document.body.addEventListener("bulk-done", (event) => {
    if (!event.detail.stays) dialog.close();
  });

  // What was done and cannot be taken back is said as well.
  document.body.addEventListener("told", (event) => {
    const place = document.getElementById("undo");
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    toast.textContent = event.detail.sentence;
    place.replaceChildren(toast);
    setTimeout(() => toast.remove(), STANDS_MS);
  });

  show();
})();
