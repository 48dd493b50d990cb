// What is typed into a form stays in this browser until it is saved: Esc, a reload, a
// refused save or a tab that dies lose nothing. A restricted report leaves no trace: its
// drafts live only as long as its page.
(() => {
  "use strict";

  const PAUSE_MS = 250;
  const words = document.getElementById("words").dataset;
  const secret = Boolean(document.querySelector("[data-restricted]"));
  const memory = new Map();
  const prefix = `draft:${document.body.dataset.user}:`;
  const device = new window.afterword.Shelf("drafts"); // for the tab after this one
  let over = false; // signing out
  const shelf = {
    get: (key) => (secret ? memory.get(key) : sessionStorage.getItem(prefix + key)),
    keys: () =>
      secret
        ? [...memory.keys()]
        : Object.keys(sessionStorage).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
    remove(key) {
      if (secret) return memory.delete(key);
      if (sessionStorage.getItem(prefix + key) !== null) device.drop(key);
      return sessionStorage.removeItem(prefix + key);
    },
    set(key, value) {
      if (secret) return memory.set(key, value);
      if (over || value === sessionStorage.getItem(prefix + key)) return null;
      device.keep(key, { key, value });
      try {
        return sessionStorage.setItem(prefix + key, value);
      } catch {
        return null; // The shelf is full: the text is still in the form.
      }
    },
  };

  const keyOf = (form) => form.getAttribute("action");
  const boxes = ["checkbox", "radio"];
  const kept = (field) =>
    field.name && !["csrfmiddlewaretoken", "request_key"].includes(field.name) &&
    !["submit", "button", "file", "password"].includes(field.type);
  const fieldsOf = (form) => [...form.elements].filter(kept);
  const valueOf = (field) => (boxes.includes(field.type) ? field.checked : field.value);
  const valuesOf = (form) => fieldsOf(form).map((field) => [field.name, field.type === "hidden", valueOf(field)]);
  const typedIn = (values) => JSON.stringify(values.filter(([, hidden]) => !hidden));

  const first = new WeakMap(); // what a form that came to be filled in showed
  const arrived = new WeakSet();
  const waiting = new WeakMap();

  function keep(form) {
    clearTimeout(waiting.get(form));
    if (!form.isConnected) return;
    const values = valuesOf(form);
    if (typedIn(values) === first.get(form)) shelf.remove(keyOf(form));
    else shelf.set(keyOf(form), JSON.stringify(values));
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => keep(form), PAUSE_MS));
  });

  const openForms = () => [...document.querySelectorAll("form[data-draft]")];
  document.addEventListener("closing", (event) => keep(event.target));
  document.addEventListener("visibilitychange", () => openForms().forEach(keep));

  // --- Coming back -------------------------------------------------------------------

  // A form that was fetched to be filled in gets its draft; one that was sent and came
  // back (two versions, an error) holds what was typed already.
  function arrive(form) {
    if (arrived.has(form)) return;
    arrived.add(form);
    if (!form.hasAttribute("data-fresh")) return keep(form);
    first.set(form, typedIn(valuesOf(form)));
    const draft = shelf.get(keyOf(form));
    if (draft) bringBack(form, JSON.parse(draft));
  }

  function bringBack(form, values) {
    if (typedIn(values) === first.get(form)) return shelf.remove(keyOf(form));
    const wanted = Map.groupBy(values, ([name]) => name);
    for (const [name, { length }] of wanted) {
      form.dispatchEvent(new CustomEvent("room", { bubbles: true, detail: { name, count: length } }));
    }
    const seen = new Map();
    for (const field of fieldsOf(form)) {
      const at = seen.get(field.name) || 0;
      seen.set(field.name, at + 1);
      const value = wanted.get(field.name)?.[at]?.[2];
      if (value === undefined) continue;
      if (boxes.includes(field.type)) field.checked = value;
      else field.value = value;
    }
    form.querySelectorAll("details").forEach((more) => { more.open = true; });
    form.querySelector("[data-draft-note]").hidden = false;
    return null;
  }

  document.addEventListener("click", (event) => {
    const drop = event.target.closest("[data-draft-drop]");
    if (!drop) return;
    const form = drop.closest("form");
    shelf.remove(keyOf(form));
    htmx.ajax("GET", keyOf(form), { target: form.closest("[data-editing]"), swap: "outerHTML" });
  });

  // --- Saved -------------------------------------------------------------------------

  const sent = new WeakMap();

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-draft]");
    if (!form) return;
    keep(form);
    sent.set(form, typedIn(valuesOf(form)));
  });

  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, requestConfig } = event.detail;
    const form = requestConfig.elt.closest?.("form[data-draft]");
    if (!form || !xhr.getResponseHeader("X-Saved-At") || requestConfig.path.endsWith("/move/")) return;
    clearTimeout(waiting.get(form));
    first.set(form, sent.get(form));
    if (form.isConnected) keep(form); // it may have been typed into since
    else shelf.remove(keyOf(form));
    mark();
  });

  // What was typed waits to be sent, and is no draft any more (static/js/queue.js).
  document.addEventListener("set-aside", ({ target: form }) => {
    clearTimeout(waiting.get(form));
    shelf.remove(keyOf(form));
    mark();
  });

  // --- Marks, and warnings -------------------------------------------------------------

  function mark() {
    for (const old of document.querySelectorAll("[data-draft-mark]")) old.remove();
    for (const key of shelf.keys()) {
      for (const link of document.querySelectorAll(`main a[hx-get][href="${CSS.escape(key)}"]`)) {
        const tag = document.createElement("span");
        tag.className = "tag";
        tag.dataset.draftMark = "";
        tag.textContent = words.draft;
        link.append(tag);
      }
    }
  }

  function arriveAll() {
    openForms().forEach(arrive);
    mark();
  }

  // What a tab that is gone has left; what this one has itself is newer.
  async function takeOver() {
    for (const { key, value } of await device.left()) {
      if (shelf.get(key) === null) sessionStorage.setItem(prefix + key, value);
    }
    mark();
  }

  document.body.addEventListener("htmx:afterSwap", arriveAll);
  document.body.addEventListener("parts-merged", mark);
  document.body.addEventListener("closed", mark);
  arriveAll();
  takeOver();

  window.addEventListener("beforeunload", (event) => {
    openForms().forEach(keep);
    const unsaved = openForms().some((form) => shelf.get(keyOf(form)));
    if (unsaved || memory.size) event.preventDefault();
  });

  // Whoever signs out leaves nothing behind for the next person at this browser.
  document.body.addEventListener("signing-out", () => { over = true; });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-sign-out]")) sessionStorage.clear();
  });
})();
