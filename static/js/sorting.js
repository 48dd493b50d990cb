// Order by hand: a row is dragged by its grip, or moved with Alt and the arrows. Without
// either, its form has two buttons.
(() => {
  "use strict";

  const base = document.querySelector("[data-base]").dataset.base;
  const row = "[data-sortable] > [data-id]";
  let dragged = null;

  const listOf = (one) => one.parentElement;
  const listAt = (target) => target.closest?.("[data-sortable]");
  const sameKind = (list) => list && dragged && list.dataset.sortable === listOf(dragged).dataset.sortable;

  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (grip) grip.closest(row).draggable = true;
    if (grip || event.target.closest(".factor")) document.body.dataset.dragging = "";
  });

  // Parts that others change are merged again from now on (static/js/live.js).
  function letGo() {
    if (!("dragging" in document.body.dataset)) return;
    delete document.body.dataset.dragging;
    document.body.dispatchEvent(new CustomEvent("let-go"));
  }

  document.addEventListener("pointerup", letGo);
  document.addEventListener("pointercancel", () => dragged || letGo());

  document.addEventListener("dragstart", (event) => {
    const one = event.target.closest?.(row);
    const byHand = one?.draggable || event.target.matches?.(".factor");
    if (!one || !byHand) return;
    dragged = one;
    one.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });

  document.addEventListener("dragover", (event) => {
    const list = listAt(event.target);
    if (!sameKind(list)) return;
    event.preventDefault();
    clear();
    (rowAt(event, list) || list).classList.add("is-target");
  });

  document.addEventListener("drop", (event) => {
    const list = listAt(event.target);
    if (!sameKind(list)) return;
    event.preventDefault();
    const before = rowAt(event, list);
    if (before !== dragged) move(dragged, list, before);
  });

  document.addEventListener("dragend", () => {
    clear();
    dragged?.classList.remove("is-dragged");
    dragged?.removeAttribute("draggable");
    dragged = null;
    letGo();
  });

  // The row that the dragged one would stand before: the one whose middle is below.
  function rowAt(event, list) {
    return [...list.children].filter((one) => one.dataset.id && one !== dragged).find((one) => {
      const box = one.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
  }

  function clear() {
    for (const one of document.querySelectorAll(".is-target")) one.classList.remove("is-target");
  }

  function move(one, list, before) {
    const values = { before: before ? before.dataset.id : "" };
    if (list.dataset.scopeName) values[list.dataset.scopeName] = list.dataset.scope;
    post(list.dataset.sortable, one.dataset.id, values);
  }

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const one = event.target.closest(row);
    if (!one || event.target.closest("[data-editing]")) return;
    event.preventDefault();
    const direction = event.key === "ArrowUp" ? "up" : "down";
    post(listOf(one).dataset.sortable, one.dataset.id, { direction });
  });

  function post(kind, id, values) {
    htmx.ajax("POST", `${base}rows/${kind}/${id}/move/`, { values, swap: "none", source: document.body });
  }
})();
