// Prose is saved while it is written, after a pause. A version that somebody else saved
// meanwhile is told in the bar and waits for “Save”: nothing is replaced under the hands.
(() => {
  "use strict";

  const PAUSE_MS = 4_000;
  const waiting = new WeakMap();
  const held = new WeakSet();

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-autosave]");
    if (!form || held.has(form)) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => save(form), PAUSE_MS));
  });

  document.addEventListener("save-again", (event) => save(event.target));

  function save(form) {
    if (!form.isConnected || !form.checkValidity()) return;
    htmx.ajax("POST", form.getAttribute("action"), { source: form, swap: "none", values: { autosave: "on" } });
  }

  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, requestConfig } = event.detail;
    const form = requestConfig.elt.closest?.("form[data-autosave]");
    if (!form || requestConfig.verb !== "post") return;
    clearTimeout(waiting.get(form));
    const version = xhr.getResponseHeader("X-Version");
    if (version) {
      form.elements.version.value = version;
      form.elements.request_key.value = `${Date.now()}-${Math.random()}`;
      form.closest("[data-editing]")?.setAttribute("data-v", version);
    } else if (xhr.status === 409) {
      held.add(form);
    }
  });
})();
