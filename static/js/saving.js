// Saving, told truthfully: “Saved” only from a header that the server sets after its
// commit; what was typed stays in the form whatever the answer, and in this browser
// until it is saved. Undo stands for ten seconds.
(() => {
  "use strict";

  const state = document.getElementById("savestate");
  const text = state?.querySelector("[data-savestate]");
  const words = {
    saving: "Saving",
    offline: "Offline. Not saved yet",
    failed: "Not saved. Your text is still here",
    conflict: "Two versions",
  };
  let late = null;

  function tell(kind, sentence) {
    if (!state) return;
    state.dataset.is = kind;
    if (text) text.textContent = sentence;
  }

  const isSave = (detail) => detail.requestConfig?.verb === "post";

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (!isSave(event.detail)) return;
    clearTimeout(late);
    late = setTimeout(() => tell("saving", words.saving), 600);
  });

  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!isSave(event.detail)) return;
    clearTimeout(late);
    const answer = event.detail.xhr;
    const saved = answer?.getResponseHeader?.("X-Saved-At");
    if (saved) {
      tell("saved", `Saved ${saved} UTC`);
      forget(event.detail.requestConfig.elt);
    } else if (answer?.status === 409) {
      tell("conflict", words.conflict);
    } else if (answer && (answer.status >= 400 || answer.status === 0)) {
      tell(answer.status === 0 ? "offline" : "failed", answer.status === 0 ? words.offline : words.failed);
    }
  });

  document.body.addEventListener("htmx:sendError", () => tell("offline", words.offline));

  // --- Drafts ----------------------------------------------------------------------

  const secret = Boolean(document.querySelector("[data-restricted]"));
  const memory = new Map();
  const shelf = {
    get: (key) => (secret ? memory.get(key) : sessionStorage.getItem(key)),
    set: (key, value) => (secret ? memory.set(key, value) : sessionStorage.setItem(key, value)),
    remove: (key) => (secret ? memory.delete(key) : sessionStorage.removeItem(key)),
  };
  const keyOf = (form) => form?.dataset.draft && `draft:${form.dataset.draft}`;
  const kept = (field) => field.name && !["hidden", "password", "submit"].includes(field.type);

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    const values = [...form.elements].filter(kept).map((field) =>
      ["checkbox", "radio"].includes(field.type) ? field.checked : field.value);
    try {
      shelf.set(keyOf(form), JSON.stringify(values));
    } catch {
      // The shelf is full: the text is still in the form.
    }
  });

  function bringBack(form) {
    const draft = shelf.get(keyOf(form));
    if (!draft || form.querySelector("[aria-invalid], .conflict")) return;
    const values = JSON.parse(draft);
    const fields = [...form.elements].filter(kept);
    if (values.length !== fields.length) return;
    fields.forEach((field, at) => {
      if (["checkbox", "radio"].includes(field.type)) field.checked = values[at];
      else field.value = values[at];
    });
    tell("draft", "Draft brought back, not saved yet");
  }

  function forget(element) {
    const form = element?.closest?.("form[data-draft]");
    if (form) shelf.remove(keyOf(form));
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const forms = event.detail.target?.parentElement?.querySelectorAll("form[data-draft]") || [];
    forms.forEach((form) => {
      if (form.dataset.draftShown) return;
      form.dataset.draftShown = "yes";
      bringBack(form);
    });
  });

  window.addEventListener("beforeunload", (event) => {
    const open = [...document.querySelectorAll("form[data-draft]")];
    if (open.some((form) => shelf.get(keyOf(form)))) event.preventDefault();
  });

  // --- Undo ------------------------------------------------------------------------

  const place = document.getElementById("undo");
  let undo = null;
  let expiry = null;

  document.body.addEventListener("undo", (event) => {
    undo = event.detail.url;
    clearTimeout(expiry);
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    toast.append(`Deleted: ${String(event.detail.label).slice(0, 60)} `);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Undo";
    button.addEventListener("click", takeBack);
    toast.append(button);
    place.replaceChildren(toast);
    expiry = setTimeout(() => place.replaceChildren(), 10000);
  });

  function takeBack() {
    if (!undo) return;
    const url = undo;
    undo = null;
    place.replaceChildren();
    htmx.ajax("POST", url, { swap: "none", source: document.body });
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (undo && !typing && event.key === "z" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      takeBack();
    }
  });

  // --- Focus and announcements -----------------------------------------------------

  document.body.addEventListener("focus", (event) => {
    const wanted = event.detail?.selector;
    if (!wanted) return;
    const find = () => {
      const target = document.querySelector(wanted) || document.querySelector(wanted.split(" ")[0]);
      if (!target) return;
      if (!target.matches("a, button, input, textarea, select")) target.tabIndex = -1;
      target.focus({ preventScroll: false });
    };
    document.body.addEventListener("parts-merged", find, { once: true });
  });

  // --- Order, by dragging or with Alt and the arrows ---------------------------------

  let dragged = null;

  document.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("[data-sortable] > [data-id]");
    if (row && !event.target.closest("a, button, input, textarea, select, [data-editing]")) {
      row.draggable = true;
    }
  });
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-sortable] > [data-id]");
  });
  document.addEventListener("dragover", (event) => {
    const list = event.target.closest?.("[data-sortable]");
    if (dragged && list && list.dataset.sortable === dragged.parentElement.dataset.sortable) {
      event.preventDefault();
    }
  });
  document.addEventListener("drop", (event) => {
    const list = event.target.closest?.("[data-sortable]");
    if (!dragged || !list) return;
    event.preventDefault();
    const before = event.target.closest("[data-sortable] > [data-id]");
    move(dragged, list, before && before !== dragged ? before.dataset.id : "");
    dragged = null;
  });
  document.addEventListener("dragend", () => { dragged = null; });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest("[data-sortable] > [data-id]");
    if (!row || event.target.closest("[data-editing]")) return;
    event.preventDefault();
    const list = row.parentElement;
    post(list.dataset.sortable, row.dataset.id, { direction: event.key === "ArrowUp" ? "up" : "down" });
  });

  function move(row, list, before) {
    const values = { before };
    if (list.dataset.scopeName) values[list.dataset.scopeName] = list.dataset.scope;
    post(list.dataset.sortable, row.dataset.id, values);
  }

  function post(kind, id, values) {
    const base = document.querySelector("[data-live]")?.dataset.live.replace(/parts\/$/, "");
    if (base) htmx.ajax("POST", `${base}rows/${kind}/${id}/move/`, { values, swap: "none", source: document.body });
  }
})();
