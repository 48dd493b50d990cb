// Comments beside the report. Marked words offer to be commented on; a note and what it is
// about point at each other; “@” offers the people who may be named. Without this file
// there are a list of parts, links in rows, and a list of names.
(() => {
  "use strict";

  const words = document.getElementById("words").dataset;
  const margin = document.getElementById("margin");
  const panel = document.getElementById("part-comments");
  if (!panel) return;
  const base = document.querySelector("[data-base]")?.dataset.base || panel.querySelector(".note-about").getAttribute("action").replace(/comments\/add\/$/, "");
  const pressed = (event, key) => event.key === key && !event.ctrlKey && !event.metaKey && !event.altKey;

  // --- A form in the margin -------------------------------------------------------------

  function showMargin() {
    if (margin.popover && !margin.checkVisibility()) margin.showPopover();
  }

  async function comment({ on, quote, start, end }) {
    const address = `${base}comments/add/?on=${encodeURIComponent(on)}`;
    showMargin();
    await htmx.ajax("GET", address, { target: "#slot-comments", swap: "innerHTML" });
    const form = panel.querySelector("#slot-comments form");
    if (!form) return;
    for (const [name, value] of Object.entries({ quote, start, end })) {
      if (form.elements[name]) form.elements[name].value = value || "";
    }
    const marked = form.querySelector("[data-marked]");
    marked.querySelector("q").textContent = quote.length > 200 ? `${quote.slice(0, 199)}…` : quote;
    marked.hidden = !quote;
    form.elements.text.focus();
  }

  document.body.addEventListener("comment-on", ({ detail }) => comment(detail));
  document.body.addEventListener("htmx:afterSwap", ({ target }) => {
    if (panel.contains(target)) showMargin();
    for (const list of panel.querySelectorAll("[data-name-list]")) list.hidden = true;
  });

  // --- Marked words -----------------------------------------------------------------------

  const offer = document.createElement("button");
  offer.type = "button";
  offer.className = "btn btn--sm offer-comment";
  offer.hidden = true;
  offer.append(words.comment, " ", Object.assign(document.createElement("kbd"), { textContent: "Ctrl Alt M" }));
  document.body.append(offer);

  // Where the selection is: in an editor, which knows its places, or on the page.
  function marked() {
    const selection = getSelection();
    if (selection.isCollapsed || !selection.rangeCount || !String(selection).trim()) return null;
    const range = selection.getRangeAt(0);
    const around = range.commonAncestorContainer;
    const element = around.nodeType === Node.ELEMENT_NODE ? around : around.parentElement;
    if (!element.closest("main") || element.closest("form, [data-editing]")) return null;
    const editor = element.closest("[data-shared]");
    const on = editor ? "" : subjectOf(element);
    return editor || on ? { editor, on, range, quote: String(selection).trim() } : null;
  }

  // Ids on the page say what stands there; the list of parts knows the sections.
  function subjectOf(element) {
    const head = element.closest(".prose, .statement")?.previousElementSibling;
    const headed = head?.id && optionOf(head.id);
    if (headed) return headed.value;
    for (let place = element.closest("[id]"); place; place = place.parentElement?.closest("[id]")) {
      const [, fact] = /^field-(\w+)$/.exec(place.id) || [];
      if (fact) return `field:${fact}`;
      const [, kind, pk] = /^(entry|factor|why|lesson|follow-up|measure|action|section)-(\d+)$/.exec(place.id) || [];
      if (kind === "section") return `section:${pk}`;
      if (kind) return `row:${{ entry: "timeline", factor: "factors", why: "whys", lesson: "lessons", "follow-up": "follow_ups", measure: "measures", action: "actions" }[kind]}:${pk}`;
      const option = optionOf(place.id);
      if (option) return option.value;
    }
    return "";
  }

  const optionOf = (id) => panel.querySelector(`[name="on"] [data-anchor="${CSS.escape(id)}"]`);

  function place() {
    const found = marked();
    offer.hidden = !found;
    if (!found) return;
    const box = found.range.getBoundingClientRect();
    const widest = document.documentElement.clientWidth - offer.offsetWidth - 8;
    offer.style.left = `${Math.max(8, Math.min(box.right - offer.offsetWidth / 2, widest)) + scrollX}px`;
    offer.style.top = `${box.bottom + 6 + scrollY}px`;
  }

  function take() {
    const found = marked();
    offer.hidden = true;
    if (!found) return false;
    if (found.editor) found.editor.querySelector(".cm-editor").dispatchEvent(new CustomEvent("comment-selection"));
    else comment({ on: found.on, quote: found.quote, start: "", end: "" });
    return true;
  }

  let waiting = null;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(place, 150);
  });
  offer.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection
  offer.addEventListener("click", take);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.altKey && event.code === "KeyM" && take()) event.preventDefault();
  });

  // --- A note and what it is about ----------------------------------------------------------

  // Words in an editor are washed by the editor.
  function choose(note) {
    for (const old of panel.querySelectorAll(".note[aria-current]")) old.removeAttribute("aria-current");
    for (const old of document.querySelectorAll(".is-meant:not(.anchor)")) old.classList.remove("is-meant");
    note.setAttribute("aria-current", "true");
    if (note.dataset.about) document.getElementById(note.dataset.about)?.classList.add("is-meant");
    document.body.dispatchEvent(new CustomEvent("note-chosen"));
  }

  const meantBy = (note) =>
    document.querySelector(`.anchor[data-thread="${note.id.slice("thread-".length)}"]`) ||
    document.getElementById(note.dataset.about || "");

  document.addEventListener("click", (event) => {
    const anchor = event.target.closest(".anchor[data-thread]");
    const note = anchor ? document.getElementById(`thread-${anchor.dataset.thread}`) : event.target.closest(".note[id]");
    if (!note || !panel.contains(note)) return;
    choose(note);
    if (anchor && margin.checkVisibility()) note.scrollIntoView({ block: "nearest" });
    const meant = event.target.closest("[data-to-words]") && meantBy(note);
    if (!meant) return;
    event.preventDefault();
    if (margin.popover && margin.matches(":popover-open")) margin.hidePopover();
    meant.scrollIntoView({ block: "center" });
  });

  // --- How many are open ----------------------------------------------------------------------

  function count() {
    const open = [...panel.querySelectorAll(".note:not(.note--resolved)")];
    for (const shown of document.querySelectorAll("[data-open-notes]")) shown.textContent = String(open.length);
    const about = Map.groupBy(open.filter((note) => note.dataset.about), (note) => note.dataset.about);
    for (const old of document.querySelectorAll("[data-comment] > .tag")) old.remove();
    for (const [id, { length }] of about) {
      const place = document.getElementById(id);
      const tool = place?.querySelector("[data-comment]") || place?.parentElement?.querySelector(":scope > [data-comment]");
      tool?.append(Object.assign(document.createElement("span"), { className: "tag", textContent: String(length) }));
    }
  }

  document.body.addEventListener("parts-merged", count);
  count();

  // A page without the editor has no connection: whoever comes back to it sees what is new.
  if (!document.querySelector("[data-socket]")) {
    addEventListener("focus", () =>
      document.body.dispatchEvent(new CustomEvent("changed", { detail: { parts: ["comments"] } })));
  }

  // --- Naming people ----------------------------------------------------------------------------

  // A list of names under the field (ARIA: a combobox of the kind “list”).
  let naming = null; // {field, list, at}: where the “@” stands

  function offered(field, typed) {
    const options = [...field.form.elements.named.options].slice(1).map((option) => option.value);
    const wanted = typed.toLowerCase();
    return options.filter((name) => name.toLowerCase().split(" ").some((word, at, all) => all.slice(at).join(" ").startsWith(wanted))).slice(0, 8);
  }

  function look(field) {
    const before = field.value.slice(0, field.selectionStart);
    const [, typed] = /(?:^|[\s([])@([^@\n]{0,60})$/.exec(before) || [];
    const names = typed === undefined ? [] : offered(field, typed);
    if (!names.length || names.some((name) => name.toLowerCase() === typed.trim().toLowerCase())) return close();
    if (naming?.field !== field) open(field);
    naming.at = before.length - typed.length;
    naming.list.replaceChildren(...names.map((name, n) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `name-${n}`, textContent: name });
      option.setAttribute("role", "option");
      return option;
    }));
    select(0);
    return null;
  }

  function open(field) {
    close();
    const list = document.createElement("ul");
    Object.assign(list, { id: "names", className: "names" });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.people);
    field.after(list);
    list.style.top = `${field.offsetTop + field.offsetHeight}px`;
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "true"], ["aria-controls", "names"]]) field.setAttribute(name, value);
    naming = { field, list, at: 0 };
  }

  function close() {
    if (!naming) return;
    naming.list.remove();
    for (const name of ["role", "aria-autocomplete", "aria-expanded", "aria-controls", "aria-activedescendant"]) naming.field.removeAttribute(name);
    naming = null;
  }

  function select(index) {
    const options = [...naming.list.children];
    const chosen = options.at(index % options.length);
    for (const option of options) option.setAttribute("aria-selected", String(option === chosen));
    naming.field.setAttribute("aria-activedescendant", chosen.id);
  }

  function name() {
    const { field, list, at } = naming;
    const chosen = list.querySelector("[aria-selected='true']").textContent;
    field.setRangeText(`${chosen} `, at, field.selectionStart, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("input", ({ target }) => target.matches("form[data-comment] textarea") && look(target));
  document.addEventListener("focusout", ({ target }) => naming?.field === target && setTimeout(close, 150));
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".names [role='option']");
    if (!option || !naming) return;
    event.preventDefault();
    select([...naming.list.children].indexOf(option));
    name();
  });
  document.addEventListener("keydown", (event) => {
    if (!naming || event.target !== naming.field || event.isComposing) return;
    const at = [...naming.list.children].findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (pressed(event, "ArrowDown")) select(at + 1);
    else if (pressed(event, "ArrowUp")) select(at - 1);
    else if (pressed(event, "Enter") || pressed(event, "Tab")) name();
    else if (pressed(event, "Escape")) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
