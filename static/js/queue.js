// Changes of rows that met no server wait here, in the order they were made, and are sent
// in that order. Each has a key of its own: one whose answer was lost is not made twice.
(() => {
  "use strict";

  const RETRY_MS = 5_000;
  const LONGEST_MS = 30_000;
  const LATER = [429, 502, 503, 504, 507]; // waiting helps
  const words = document.getElementById("words").dataset;
  const afterword = (window.afterword ??= {});
  const { base } = afterword;
  const shelf = new afterword.Shelf("rows");
  let changes = []; // oldest first
  const writing = new Set(); // those the device does not hold yet: “kept” is said when it does
  let away = false; // the last one that was sent met no server
  let signedOut = false;
  let sending = false;
  let over = false;

  const openFormOf = ({ key }) => document.querySelector(`form[data-waiting="${CSS.escape(key)}"]`);
  const ready = (change) => !change.stuck && !change.dropped && !openFormOf(change);
  const unsent = () => changes.filter((change) => !change.dropped);

  afterword.changes = () => changes;

  // The newest waiting version of a row, for its form.
  afterword.waitingFor = ({ kind, row, verb }) =>
    verb === "edit" ? changes.findLast((one) => one.verb === "edit" && one.kind === kind && one.row === row && !one.dropped) : undefined;

  function tell(more = {}) {
    const detail = { count: unsent().filter((change) => !writing.has(change)).length, away, durable: shelf.durable, ...more };
    document.body.dispatchEvent(new CustomEvent("rows-waiting", { detail }));
  }

  // --- What comes to wait ----------------------------------------------------------------

  // So that a move whose answer was lost is not made twice.
  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    const asked = detail.verb === "post" && afterword.readAddress(detail.path);
    if (asked && asked.verb === "move") detail.parameters.request_key = afterword.freshKey();
  });

  // Nothing overtakes what waits; and what cannot be sent is not tried.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig } = event.detail;
    const asked = requestConfig.verb === "post" && afterword.readAddress(requestConfig.path);
    if (!asked || (navigator.onLine && !changes.some(ready) && !requestConfig.elt.closest("form[data-waiting]"))) return;
    event.preventDefault();
    away ||= !navigator.onLine;
    take(asked, event.detail, false);
    sendAll();
  });

  document.body.addEventListener("not-reached", (event) => {
    const { requestConfig } = event.detail;
    const asked = requestConfig.verb === "post" && afterword.readAddress(requestConfig.path);
    if (!asked) return;
    event.preventDefault();
    away = true;
    take(asked, event.detail, true);
  });

  function take({ kind, row, verb }, { requestConfig }, attempted) {
    const sent = [...requestConfig.formData.entries()].filter(([name]) => name !== "csrfmiddlewaretoken");
    const key = sent.find(([name]) => name === "request_key")?.[1];
    const editor = requestConfig.elt.closest?.("[data-editing]");
    const change = {
      kind,
      row,
      verb,
      attempted,
      key: verb === "delete" || !key ? afterword.freshKey() : key,
      path: new URL(requestConfig.path, location.href).pathname,
      fields: verb === "delete" ? [] : sent.filter(([name]) => name !== "request_key"),
      place: row === "add" ? "" : editor?.id || "",
      slot: editor?.closest("[id^='slot-'], [data-slot]")?.dataset.slot || editor?.closest("[id^='slot-']")?.id || "",
    };
    const form = requestConfig.elt.closest?.("form");
    const earlier = changes.find((one) => one.key === form?.dataset.waiting);
    if (earlier && verb !== "delete") again(earlier, change);
    else add(change);
    document.dispatchEvent(new CustomEvent("taken", { detail: { change, editor, form } }));
    tell();
  }

  function add(change) {
    changes.push(change);
    writing.add(change);
    shelf.keep(change.key, change).then(() => {
      writing.delete(change);
      tell();
    });
  }

  // What waits was written anew. Where the first version may have arrived, both are sent.
  function again(earlier, change) {
    if (earlier.attempted) return add({ ...change, key: afterword.freshKey(), follows: earlier.key, slot: earlier.slot });
    Object.assign(earlier, { fields: change.fields, stuck: "", attempted: change.attempted, key: earlier.key });
    return shelf.keep(earlier.key, earlier);
  }

  function forget(change) {
    changes = changes.filter((one) => one !== change);
    return shelf.drop(change.key);
  }

  // Not to be sent; the page can still take that back.
  afterword.dropChange = (change, dropped) => {
    change.dropped = dropped;
    if (dropped) shelf.drop(change.key);
    else shelf.keep(change.key, change);
    tell();
    sendAll();
  };

  // --- Sending -----------------------------------------------------------------------------

  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

  function post(change) {
    change.attempted = true;
    shelf.keep(change.key, change);
    return fetch(change.path, {
      method: "POST",
      body: new URLSearchParams([...change.fields, ["request_key", change.key]]),
      headers: { "HX-Request": "true", "X-CSRFToken": token() },
      credentials: "same-origin",
      signal: AbortSignal.timeout(LONGEST_MS),
    }).then(async (answer) => ({ answer, text: await answer.text() })).catch(() => null);
  }

  async function sendAll() {
    if (sending || over || signedOut) return;
    sending = true;
    while (navigator.onLine && !over) {
      const next = changes.find(ready);
      if (!next || !(await send(next))) break;
    }
    sending = false;
    if (navigator.onLine && !changes.some(ready)) away = false; // nothing is left to try
    tell();
  }

  // Whether the next one may go.
  async function send(change) {
    let came = await post(change);
    if (came?.answer.status === 403 && (await newToken())) came = await post(change);
    if (over) return false;
    away = !came || !came.answer.headers.has("X-Request-ID");
    if (away || LATER.includes(came.answer.status)) return false;
    return settle(change, came);
  }

  async function settle(change, { answer, text }) {
    const { status } = answer;
    const savedAt = answer.headers.get("X-Saved-At");
    if (savedAt) return saved(change, answer, text, savedAt);
    if (status === 401) return askToSignIn();
    if (text.includes("data-editing") && status < 500) return decide(change, text, status);
    if (["delete", "move", "restore"].includes(change.verb)) return refuse(change, sentenceOf(status, text));
    change.stuck = sentenceOf(status, text);
    tell({ failed: true });
    document.dispatchEvent(new CustomEvent("untaken", { detail: { change } }));
    return true;
  }

  async function saved(change, answer, text, savedAt) {
    await forget(change);
    const next = changes.find((one) => one.follows === change.key);
    if (next) follow(next, answer.headers);
    document.dispatchEvent(new CustomEvent("sent", { detail: { change, text: next ? "" : text } }));
    const told = JSON.parse(answer.headers.get("HX-Trigger") || "{}");
    delete told.focusing;
    for (const [name, detail] of Object.entries(told)) document.body.dispatchEvent(new CustomEvent(name, { detail }));
    tell({ savedAt });
    return true;
  }

  // The earlier version is in: the later one changes the row that it made.
  function follow(change, headers) {
    const [row, version] = [headers.get("X-Row"), headers.get("X-Version")];
    change.follows = "";
    Object.assign(change, { row, verb: "edit", path: `${base}rows/${change.kind}/${row}/edit/` });
    change.fields = [...change.fields.filter(([name]) => name !== "version"), ["version", version]];
    shelf.keep(change.key, change);
  }

  // Two versions, or errors: its form says so. A later version of the same has the word.
  async function decide(change, text, status) {
    const later = changes.find((one) => one.follows === change.key);
    await forget(change);
    if (later) Object.assign(later, { follows: "", path: change.path, verb: change.verb, row: change.row });
    else document.dispatchEvent(new CustomEvent("undecided", { detail: { change, text } }));
    tell(later ? {} : { conflict: status === 409, failed: status !== 409 });
    return true;
  }

  function refuse(change, sentence) {
    forget(change);
    document.dispatchEvent(new CustomEvent("untaken", { detail: { change } }));
    tell({ failed: true, sentence });
    return true;
  }

  function askToSignIn() {
    signedOut = true;
    tell({ signedOut: true });
    return false;
  }

  function sentenceOf(status, text) {
    if (status === 409) return new DOMParser().parseFromString(text, "text/html").body.textContent.trim();
    return { 403: words.forbidden, 404: words.notFound, 413: words.tooLarge }[status] || words.broken;
  }

  // Signing in again changes the token; somebody else's is none of ours.
  async function newToken() {
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const headers = page.body.getAttribute("hx-headers");
    if (!headers || page.body.dataset.user !== document.body.dataset.user) return false;
    document.body.setAttribute("hx-headers", headers);
    return true;
  }

  // --- When ----------------------------------------------------------------------------------

  async function findLeft() {
    const found = await shelf.left(findLeft);
    const known = new Set(changes.map((change) => change.key));
    changes = [...found.filter((change) => !known.has(change.key)).map((change) => ({ ...change, stuck: "" })), ...changes];
    if (found.length) document.dispatchEvent(new CustomEvent("found"));
    tell();
    sendAll();
  }

  window.addEventListener("online", findLeft);
  window.addEventListener("focus", () => {
    signedOut = false;
    sendAll();
  });
  document.body.addEventListener("closed", sendAll);
  document.body.addEventListener("parts-merged", sendAll);
  setInterval(() => changes.some(ready) && sendAll(), RETRY_MS);

  window.addEventListener("beforeunload", (event) => {
    if (unsent().length) event.preventDefault();
  });
  document.body.addEventListener("signing-out", () => {
    over = true;
    changes = [];
  });
  document.addEventListener("anything-unsent", (event) => {
    if (unsent().length) event.preventDefault();
  });
  findLeft();
})();
