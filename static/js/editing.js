// Forms in place: a click or Enter opens one, Esc closes it, and the focus always goes
// where the next key should land.
(() => {
  "use strict";

  const controls = "a[href], button, input:not([type='hidden']), textarea, select";
  const rowsOf = ".tl__row, .section, .lessons li, .follow-ups li, .measures li, .why, .ledger tr, .editable";

  // --- Opening -----------------------------------------------------------------------

  // A click on a row's text opens it; a link, a button or a selection does not.
  document.addEventListener("click", (event) => {
    if (event.target.closest(`${controls}, summary, label, pre, [data-editing], [data-shared], [data-grip]`)) return;
    if (String(window.getSelection())) return;
    event.target.closest(rowsOf)?.querySelector("[data-edit-row]")?.click();
  });

  // A form that is open already is not fetched again.
  document.body.addEventListener("htmx:confirm", (event) => {
    const { elt, verb } = event.detail;
    if (verb !== "get" || !elt.matches("a[hx-get]")) return;
    const open = document.querySelector(`form[data-draft][action="${CSS.escape(elt.getAttribute("href"))}"]`);
    if (!open || open.contains(elt)) return;
    event.preventDefault();
    focusIn(open);
  });

  const openers = new Map();
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (elt.matches("main a[hx-get]:not([data-cancel])")) openers.set(requestConfig.path, elt);
  });

  document.body.addEventListener("htmx:afterSettle", (event) => {
    const { elt, requestConfig } = event.detail;
    const opened = document.querySelectorAll("form[data-draft]");
    const path = requestConfig?.path;
    const form = [...opened].find((one) => one.getAttribute("action") === path);
    if (form) focusIn(form);
    else if (requestConfig?.elt?.matches?.("[data-cancel]")) focusOn(elt.id || requestConfig.elt.dataset.of);
  });

  function focusIn(form) {
    const wanted = openers.get(form.getAttribute("action"))?.dataset.focus;
    const named = wanted && [...form.querySelectorAll(`[name="${wanted}"]`)].at(-1);
    const shown = (selector) => [...form.querySelectorAll(selector)].find((one) => one.checkVisibility());
    const target =
      shown("[role='alertdialog'] button") ||
      shown("[aria-invalid='true']") ||
      named ||
      shown("[autofocus], [type='radio']:checked") ||
      shown("input, textarea, select");
    target?.focus();
    form.scrollIntoView({ block: "nearest" });
  }

  // --- Closing -----------------------------------------------------------------------

  // The form of a row gives its place back to the row; any other one goes.
  document.addEventListener("click", (event) => {
    const cancel = event.target.closest("[data-cancel]");
    if (!cancel || !htmxIsHere(cancel)) return;
    const editor = cancel.closest("[data-editing]");
    const form = cancel.closest("form");
    form.dispatchEvent(new CustomEvent("closing", { bubbles: true }));
    cancel.dataset.of = editor.id;
    if (cancel.hasAttribute("hx-get")) return;
    event.preventDefault();
    remove(editor, form.getAttribute("action"));
  }, true);

  function remove(editor, address) {
    editor.remove();
    const opener = openers.get(address);
    if (opener?.isConnected) opener.focus();
    else document.querySelector(`main a[hx-get][href="${CSS.escape(address)}"]`)?.focus();
    document.body.dispatchEvent(new CustomEvent("closed"));
  }

  const htmxIsHere = (element) => !element.closest("[hx-disable]");

  // --- Focus -------------------------------------------------------------------------

  // What gets the focus as soon as it is there; a form that was opened meanwhile keeps it.
  let wanted = [];

  function focusOn(id) {
    const place = document.getElementById(id);
    const editable = "[data-shared] [contenteditable], [data-edit-row]";
    const target = place?.matches(controls) ? place : place?.querySelector(editable) || place;
    target?.focus();
    return Boolean(target) && document.activeElement === target;
  }

  function focusWanted() {
    const busy = document.activeElement?.closest("[data-editing]");
    if (busy || wanted.some(focusOn)) wanted = [];
  }

  document.body.addEventListener("parts-merged", focusWanted);

  // After a save: at once where the row stands already, else when its part has come.
  document.body.addEventListener("focusing", (event) => {
    wanted = [event.detail.id];
    setTimeout(focusWanted);
  });

  // After a deletion: the next row, else the one before, else the way to add one.
  const item = "[data-sortable] > [data-id]";

  function heirsOf(button) {
    const editor = button.closest("[data-editing]");
    const row = editor.closest(item) || document.getElementById(editor.id.replace(/^edit-/, ""))?.closest(item);
    const rows = row ? [...row.parentElement.children].filter((one) => one.matches(item)) : [];
    const at = rows.indexOf(row);
    const heirs = [rows[at + 1], rows[at - 1], wayToAdd(button, row || editor)];
    return heirs.map((one) => one?.id || one?.querySelector("[id]")?.id).filter(Boolean);
  }

  function wayToAdd(button, from) {
    const kind = button.formAction.match(/\/(rows\/\w+|sections)\//)[1];
    for (let around = from; around; around = around.parentElement) {
      const link = around.querySelector(`a[id][hx-get*="/${kind}/add/"]`);
      if (link) return link;
    }
    return null;
  }

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.matches("[data-delete]")) elt.dataset.heirs = heirsOf(elt).join(" ");
  });

  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, requestConfig } = event.detail;
    const { heirs } = requestConfig.elt.dataset;
    if (heirs && xhr.getResponseHeader("X-Saved-At")) wanted = heirs.split(" ");
  });
})();
