// What waits to be sent is shown where it will stand: what was typed, and that it waits.
// (static/js/queue.js has the changes; this draws them.)
(() => {
  "use strict";

  const SAYS = {
    timeline: ["occurred", "text"],
    whys: ["answer"],
    measures: ["quantity", "unit", "who"],
    actions: ["description", "owner"],
  };
  const words = document.getElementById("words").dataset;
  const afterword = (window.afterword ??= {});
  const { base } = afterword;
  const byKey = (key) => afterword.changes().find((change) => change.key === key);
  const drawnOf = ({ key }) => document.querySelector(`[data-waiting="${CSS.escape(key)}"]`);
  const labels = new Map(); // what a row said, for one that is deleted

  function draw() {
    const all = afterword.changes().filter(({ verb }) => ["add", "edit", "delete"].includes(verb));
    const newest = new Map();
    for (const change of all) {
      if (!all.some((one) => one.follows === change.key)) newest.set(spotOf(change), change);
    }
    const keys = new Set([...newest.values()].map((change) => change.key));
    for (const old of document.querySelectorAll("[data-waiting]:not(form)")) {
      if (!keys.has(old.dataset.waiting)) undraw(old);
    }
    for (const change of newest.values()) drawOne(change);
  }

  const spotOf = (change) => (change.place && change.kind !== "factors" ? change.place : change.key);

  function undraw(old) {
    if (!old.id || !afterword.showAgain(old)) old.remove();
  }

  function drawOne(change) {
    if (document.querySelector(`form[data-waiting="${CSS.escape(change.key)}"]`)) return;
    const there = drawnOf(change) || document.getElementById(spotOf(change));
    if (there?.matches("[data-editing]")) return;
    if (there) fillIn(there, change);
    else listOf(change)?.append(fillIn(document.createElement("div"), change));
  }

  // Where rows will come to stand: above the place of the form that adds one.
  function listOf({ kind, slot }) {
    const opener = document.querySelector(`main a[hx-get^="${CSS.escape(`${base}rows/${kind}/add/`)}"]`);
    const place = document.getElementById(slot) || document.querySelector(opener?.getAttribute("hx-target") || "#notices");
    const before = place.previousElementSibling;
    if (before?.matches("[data-slot]")) return before;
    const list = document.createElement("div");
    list.dataset.slot = place.id;
    place.before(list);
    return list;
  }

  function fillIn(row, change) {
    const state = stateOf(change);
    if (row.dataset.waiting === change.key && row.dataset.state === JSON.stringify(state)) return row;
    if (row.id && !row.dataset.waiting) {
      afterword.remember(row);
      labels.set(change.key, textOf(row));
    }
    row.classList.add("is-waiting");
    row.dataset.waiting = change.key;
    row.dataset.state = JSON.stringify(state);
    const line = element(row.matches("tr") ? "td" : "div", "is-waiting__line");
    if (row.matches("tr")) line.colSpan = 6;
    line.append(text(state), " ", tag(state.tag), " ", ...state.buttons.map((one) => button(one, state.text)));
    if (change.stuck) line.append(element("p", "error", change.stuck));
    row.replaceChildren(line);
    return row;
  }

  function stateOf(change) {
    const said = change.verb === "delete" ? labels.get(change.key) || change.label || "" : saidBy(change);
    const state = { text: said, tag: words.rowWaits, buttons: ["edit", "drop"], gone: false };
    if (change.dropped) return { ...state, tag: words.notToBeSent, buttons: ["keep"], gone: change.verb !== "delete" };
    if (change.verb === "delete") return { ...state, tag: words.rowWaitsDeleted, buttons: ["drop"], gone: true };
    if (change.stuck) return { ...state, tag: words.failed };
    return state;
  }

  function saidBy({ kind, fields }) {
    const names = SAYS[kind] || ["text"];
    return names.map((name) => fields.find(([one]) => one === name)?.[1].trim()).filter(Boolean).join(" ");
  }

  const textOf = (row) => (row.querySelector(".tl__event, .why__a, .what") || row).textContent.trim();
  const text = ({ text: said, gone }) => element(gone ? "s" : "span", "pre-line", said);
  const tag = (said) => element("span", "tag", said);

  function element(name, classes, said = "") {
    const made = document.createElement(name);
    made.className = classes;
    made.textContent = said;
    return made;
  }

  function button(does, of) {
    const made = element("button", "textlink sm", { edit: words.rowWaitsEdit, drop: words.rowWaitsDrop, keep: words.rowWaitsKeep }[does]);
    made.type = "button";
    made.dataset.does = does;
    made.append(element("span", "vh", ` ${of.slice(0, 60)}`));
    return made;
  }

  // --- What people do with it ----------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-waiting] [data-does]");
    if (!pressed) return;
    const row = pressed.closest("[data-waiting]");
    const change = byKey(row.dataset.waiting);
    if (!change) return draw();
    if (pressed.dataset.does === "edit") return edit(change, row);
    afterword.dropChange(change, pressed.dataset.does === "drop");
    draw();
    drawnOf(change)?.querySelector("button")?.focus();
    return null;
  });

  function edit(change, row) {
    const address = change.verb === "add" ? `${base}rows/${change.kind}/add/` : `${base}rows/${change.kind}/${change.row}/edit/`;
    const opened = afterword.openForm({ ...change, waiting: change }, address, { target: row });
    if (!opened) document.getElementById("announce").textContent = words.noAnswerStep;
  }

  // --- What becomes of it ----------------------------------------------------------------------

  document.addEventListener("taken", ({ detail: { change, editor, form } }) => {
    form?.dispatchEvent(new CustomEvent("set-aside", { bubbles: true }));
    if (change.verb === "move") return moveHere(change);
    if (!editor) return draw();
    const { activeElement } = document;
    const place = document.createElement(editor.tagName);
    place.id = spotOf(change) === change.key ? "" : editor.id;
    if (editor.dataset.id) place.dataset.id = editor.dataset.id;
    if (change.verb === "delete") labels.set(change.key, form.getAttribute("aria-label"));
    change.label = labels.get(change.key);
    if (place.id) editor.replaceWith(fillIn(place, change));
    else editor.remove();
    draw();
    if (!activeElement || activeElement === document.body || !activeElement.isConnected) drawnOf(change)?.querySelector("button")?.focus();
    return null;
  });

  // In the order that it will have, as far as the page can tell.
  function moveHere({ kind, row, fields }) {
    const wanted = Object.fromEntries(fields);
    const one = document.querySelector(`[data-sortable="${kind}"] > [data-id="${row}"]`);
    if (!one) return;
    const near = (step) => (step < 0 ? one.previousElementSibling : one.nextElementSibling);
    if (wanted.direction === "up") near(-1)?.before(one);
    else if (wanted.direction === "down") near(1)?.after(one);
    else moveBefore(one, kind, wanted);
  }

  function moveBefore(one, kind, { before, ...scope }) {
    const lists = [...document.querySelectorAll(`[data-sortable="${kind}"]`)];
    const list = lists.find((each) => each.dataset.scopeName in scope && each.dataset.scope === scope[each.dataset.scopeName]);
    const next = before ? document.querySelector(`[data-sortable="${kind}"] > [data-id="${CSS.escape(before)}"]`) : null;
    if (!one.contains(next)) (next?.parentElement || list || one.parentElement).insertBefore(one, next);
  }

  document.addEventListener("sent", ({ detail: { change, text: answer } }) => {
    const row = drawnOf(change);
    if (!row) return;
    if (row.id && answer) swapIn(row, answer, null);
    else if (!row.id || change.verb === "delete") row.remove();
    else draw();
  });

  document.addEventListener("undecided", ({ detail: { change, text: answer } }) => {
    const row = drawnOf(change) || listOf(change).appendChild(document.createElement("div"));
    const busy = document.activeElement?.closest("[data-editing], [contenteditable]");
    swapIn(row, answer, busy ? null : change.path);
  });

  function swapIn(row, answer, path) {
    const detail = { elt: row, requestConfig: { path } };
    htmx.swap(row, answer, { swapStyle: "outerHTML", settleDelay: 0, swapDelay: 0 }, { eventInfo: detail, contextElement: document.body });
  }

  for (const name of ["untaken", "found"]) document.addEventListener(name, draw);
  for (const name of ["parts-merged", "closed", "htmx:afterSettle"]) document.body.addEventListener(name, draw);
})();
