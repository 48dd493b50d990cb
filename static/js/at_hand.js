// Forms of rows that open without a connection: blank ones and the values of every row are
// fetched while there is one. They stand in the place of the answer that did not come.
(() => {
  "use strict";

  const IDLE_MS = 2_000;
  const PAUSE_MS = 2_000;
  const SPREAD_MS = 2_000; // so that not all who were told of a change ask at once
  const LONGEST_MS = 30_000;
  const afterword = (window.afterword ??= {});
  const { base } = afterword;
  const page = document.querySelector("[data-live]");
  const blanks = new Map();
  const shown = new Map(); // rows as they stood before their form took their place
  let rows = {};
  let pause = null;
  let opened = 0;

  htmx.config.timeout = LONGEST_MS;

  // --- While there is a connection -------------------------------------------------------

  async function fetchForms() {
    const answer = await fetch(`${base}forms/`, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected || !answer.headers.has("X-Request-ID")) return;
    const text = await answer.text().catch(() => "");
    const parsed = new DOMParser().parseFromString(text, "text/html");
    const known = parsed.getElementById("rows-at-hand");
    if (!known) return;
    for (const blank of parsed.querySelectorAll("template[data-blank]")) blanks.set(blank.dataset.blank, blank);
    rows = JSON.parse(known.textContent);
    page.dataset.formsAtHand = "";
  }

  function soon() {
    delete page.dataset.formsAtHand;
    clearTimeout(pause);
    pause = setTimeout(() => navigator.onLine && fetchForms(), PAUSE_MS + Math.random() * SPREAD_MS);
  }

  document.body.addEventListener("parts-merged", soon);
  (window.requestIdleCallback || ((act) => setTimeout(act, IDLE_MS)))(fetchForms, { timeout: IDLE_MS });

  // --- Without ---------------------------------------------------------------------------

  // “…/rows/lessons/12/edit/”, “…/rows/lessons/add/?kind=…”, “…/rows/lessons/12/”.
  afterword.readAddress = (address) => {
    const { pathname, searchParams } = new URL(address, location.href);
    if (!pathname.startsWith(`${base}rows/`)) return null;
    const said = /^(\w+)\/(add|\d+)\/(?:(\w+)\/)?$/.exec(pathname.slice(`${base}rows/`.length));
    if (!said) return null;
    const [, kind, row, verb] = said;
    return { kind, row, verb: row === "add" ? "add" : verb || "row", values: [...searchParams] };
  };

  // Puts a form in the place of `target`, or into it; false where there is none at hand.
  afterword.openForm = ({ kind, row, verb, values, waiting }, address, { target, into, opener }) => {
    const blank = blanks.get(`${kind}/${verb}`);
    const known = verb === "add" ? { values } : rows[kind]?.[row];
    if (!blank || !(known || waiting)) return false;
    const content = document.createElement("template");
    opened += 1;
    content.innerHTML = blank.innerHTML.replaceAll(blank.dataset.nobodys, verb === "add" ? `new${opened}` : row);
    const editor = content.content.querySelector("[data-editing]");
    const form = editor.querySelector("form");
    aim(form, address, known);
    if (waiting) form.dataset.waiting = waiting.key;
    if (into) target.replaceChildren(editor);
    else replace(target, editor);
    form.querySelector(`[name="parent_id"] option[value="${row}"]`)?.remove(); // no cause of itself
    fill(form, waiting ? waiting.fields : known.values);
    if (editor.hasAttribute("data-v")) editor.dataset.v = form.elements.version.value;
    arrived(editor, address, opener);
    return true;
  };

  function aim(form, address, known) {
    form.setAttribute("action", address);
    form.setAttribute("hx-post", address);
    form.elements.request_key.value = afterword.freshKey();
    if (known?.label) form.setAttribute("aria-label", known.label);
    if (known && !known.movable) form.querySelectorAll("[formaction$='/move/']").forEach((button) => button.remove());
  }

  function replace(row, editor) {
    afterword.remember(row);
    row.replaceWith(editor);
  }

  function fill(form, values) {
    const wanted = Map.groupBy(values, ([name]) => name);
    const pieces = wanted.get("evidence_what")?.length;
    if (pieces) form.dispatchEvent(new CustomEvent("room", { bubbles: true, detail: { name: "evidence_what", count: pieces + 1 } }));
    const seen = new Map();
    for (const field of form.elements) {
      const said = wanted.get(field.name)?.map(([, value]) => value);
      if (["checkbox", "radio"].includes(field.type)) field.checked = Boolean(said?.includes(field.value));
      else if (said && field.name !== "request_key") fillNext(field, said, seen);
    }
    form.querySelectorAll("details").forEach((more) => {
      more.open ||= [...more.querySelectorAll("input, textarea")].some((field) => field.value);
    });
  }

  function fillNext(field, said, seen) {
    const at = seen.get(field.name) || 0;
    seen.set(field.name, at + 1);
    if (said[at] !== undefined) field.value = said[at];
  }

  function arrived(editor, path, opener) {
    htmx.process(editor);
    const detail = { elt: editor, requestConfig: { path, elt: opener } };
    for (const name of ["htmx:afterSwap", "htmx:afterSettle"]) {
      editor.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
    }
  }

  // --- Rows that come back when their form is closed -----------------------------------------

  afterword.remember = (row) => {
    if (row.id && row.matches("[data-id]:not([data-editing], [data-waiting])")) shown.set(row.id, row.outerHTML);
  };
  document.body.addEventListener("htmx:beforeSwap", ({ detail: { target, shouldSwap } }) => {
    if (shouldSwap) afterword.remember(target);
  });

  // The row itself, as it was last seen.
  afterword.showAgain = (place, id = place.id) => {
    if (!shown.has(id)) return false;
    const content = document.createElement("template");
    content.innerHTML = shown.get(id);
    const row = content.content.firstElementChild;
    row.classList.remove("htmx-request", "just-changed");
    place.replaceWith(row);
    htmx.process(row);
    return row;
  };

  document.body.addEventListener("not-reached", (event) => {
    const { requestConfig, target, etc, elt } = event.detail;
    const asked = requestConfig.verb === "get" && afterword.readAddress(requestConfig.path);
    if (!asked) return;
    const waiting = afterword.waitingFor?.(asked);
    if (asked.verb === "row") {
      const row = afterword.showAgain(target);
      if (!row) return;
      event.preventDefault();
      arrived(row, requestConfig.path, elt);
      return;
    }
    const swap = etc?.swapOverride || elt.closest("[hx-swap]")?.getAttribute("hx-swap") || "innerHTML";
    const into = swap !== "outerHTML";
    if (afterword.openForm({ ...asked, waiting }, requestConfig.path, { target, into, opener: elt })) event.preventDefault();
  });
})();
