// Saving, told truthfully: “Saved” comes only from a header that the server sets after
// its commit. Whatever the answer, what was typed stays where it was typed.
(() => {
  "use strict";

  const QUIET_MS = 600;
  const ANNOUNCE_MS = 10_000;
  const RETRY_MS = 5_000;
  const words = document.getElementById("words").dataset;
  const state = document.getElementById("savestate");
  const live = document.getElementById("announce");
  const connection = document.getElementById("connection");
  const LOST_MS = 1_500; // a connection that is back sooner was hardly away
  const page = document.querySelector("[data-now]");
  const unsent = new Map(); // forms whose save met no server, in order, and what they sent
  let late = null;
  let announced = 0;
  let prose = { waiting: 0, connected: true, durable: true };
  let away = false; // the shared texts have no connection, for longer than a moment
  let rows = { count: 0, away: false, durable: true }; // what static/js/queue.js keeps
  let leaving = null;
  let before = { is: "saved", sentence: state?.textContent.trim() };

  function tell(kind, sentence, now = false) {
    if (kind === "saved") before = { is: kind, sentence };
    if (state) {
      state.dataset.is = kind;
      state.querySelector("[data-savestate]").textContent = sentence;
    }
    if (!now && Date.now() - announced < ANNOUNCE_MS) return;
    announced = Date.now();
    live.textContent = sentence;
  }

  const isSave = (detail) => detail.requestConfig?.verb === "post";
  const editorOf = (element) => element?.closest?.("[data-editing]");

  // --- What came back ----------------------------------------------------------------

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (!isSave(event.detail)) return;
    clearTimeout(late);
    late = setTimeout(() => tell("saving", words.saving), QUIET_MS);
  });

  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!isSave(event.detail)) return;
    clearTimeout(late);
    const { xhr } = event.detail;
    const { elt } = event.detail.requestConfig;
    const savedAt = xhr.getResponseHeader("X-Saved-At");
    if (savedAt) {
      document.getElementById("notices")?.replaceChildren();
      settled(elt);
      tell("saved", words.saved.replace("%at%", savedAt));
    } else if (xhr.status === 409) {
      settled(elt);
      const box = document.querySelector("form [data-conflict]");
      tell("conflict", box ? words.versions.replace("%what%", box.dataset.conflict) : words.conflict, true);
    } else if (xhr.status >= 400) {
      tell("failed", words.failed, true);
    } else if (xhr.status && isOurs(xhr)) {
      settled(elt);
    }
  });

  // A form or a sentence of ours is shown as it comes (409, 422). Any other refusal is a
  // whole page, which must not take the place of what somebody is typing in.
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, elt } = event.detail;
    if (xhr.status < 400 && !isOurs(xhr)) return strangers(event);
    if (xhr.status < 400 || [409, 422].includes(xhr.status)) return;
    if (xhr.status === 401 && !isSave(event.detail)) return; // on to the sign-in page
    event.preventDefault();
    event.detail.successful = false;
    if (xhr.status === 503 && isSave(event.detail)) keepTrying(event.detail);
    if (xhr.status === 403 && isSave(event.detail)) return retryOrTell(elt);
    refuse(elt, sentenceFor(xhr.status), xhr.status === 401);
    if (xhr.status === 404) document.body.dispatchEvent(new CustomEvent("outdated"));
    if (isSave(event.detail)) tell("failed", words.failed, true);
  });

  // Every answer of the application bears a number. What has none comes from a hotel's
  // sign-in page or the like, and says nothing of what was sent.
  const isOurs = (xhr) => Boolean(xhr.getResponseHeader("X-Request-ID"));

  function strangers(event) {
    event.preventDefault();
    event.detail.successful = false;
    notReached(event.detail);
  }

  async function retryOrTell(elt) {
    const again = elt.matches("form") && !retried.has(elt);
    retried.add(elt);
    if (again && (await sendWithNewToken(elt))) return;
    retried.delete(elt);
    refuse(elt, words.forbidden);
    tell("failed", words.failed, true);
  }

  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, (event) => { notReached(event.detail); });
  }

  // Rows go on without a server (static/js/at_hand.js, static/js/queue.js).
  function notReached(detail) {
    clearTimeout(late);
    late = null;
    const { elt } = detail;
    if (!document.body.dispatchEvent(new CustomEvent("not-reached", { cancelable: true, detail }))) return null;
    if (!isSave(detail)) return refuse(elt, words.noAnswerStep);
    const kept = keepTrying(detail);
    refuse(elt, kept ? words.noAnswer : words.noAnswerStep);
    return offline();
  }

  function sentenceFor(status) {
    const sentences = {
      401: words.signedOut,
      403: words.forbidden,
      404: words.notFound,
      413: words.tooLarge,
      429: words.tooMany,
      503: words.busy,
    };
    return sentences[status] || words.broken;
  }

  function refuse(elt, sentence, signIn = false) {
    const place = editorOf(elt)?.querySelector("[data-refusal]") || notice();
    if (!place) return;
    place.textContent = sentence;
    if (signIn) place.append(" ", signInLink());
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  }

  function notice() {
    const place = document.getElementById("notices");
    if (!place) return null;
    const line = document.createElement("p");
    line.className = "notice";
    line.dataset.tone = "warn";
    const text = document.createElement("span");
    line.append(text);
    place.replaceChildren(line);
    return text;
  }

  function signInLink() {
    const link = document.createElement("a");
    link.href = words.signInAddress;
    link.target = "_blank";
    link.textContent = words.signIn;
    return link;
  }

  // --- Without a connection ----------------------------------------------------------

  // Only a whole form is sent again, and only as it was sent: a press of Delete or Move
  // is not, and whoever has gone on typing saves again by hand.
  function keepTrying({ elt, requestConfig }) {
    if (!elt.matches("form[data-draft]")) return false;
    unsent.set(elt, { quietly: requestConfig.parameters.autosave === "on" });
    return true;
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (unsent.has(form) && !unsent.get(form).quietly) unsent.delete(form);
  });

  function settled(elt) {
    unsent.delete(elt.closest?.("form"));
    if (!unsent.size) online();
  }

  function keptSentence(count) {
    if (!count) return words.offline;
    const durable = prose.durable && (rows.durable || !rows.count);
    const where = durable ? "offline" : "offlinePage";
    return count === 1 ? words[`${where}One`] : words[`${where}Many`].replace("%n%", count);
  }

  const connected = (there) => document.body.dispatchEvent(new CustomEvent("connection", { detail: { there } }));

  function offline() {
    tell("offline", keptSentence(unsent.size + prose.waiting + rows.count), true);
    if (connection) connection.hidden = false;
    connected(false);
  }

  function online() {
    if (unsent.size || away || rows.away) return offline();
    if (connection) connection.hidden = true;
    if (state?.dataset.is === "offline") tell(before.is, before.sentence);
    connected(true);
    return null;
  }

  function sendAgain() {
    for (const form of unsent.keys()) {
      if (!form.isConnected) unsent.delete(form);
    }
    const [first] = unsent;
    if (!first) return online();
    const [form, { quietly }] = first;
    if (quietly) form.dispatchEvent(new CustomEvent("save-again", { bubbles: true }));
    else form.requestSubmit();
  }

  window.addEventListener("offline", offline);
  window.addEventListener("online", sendAgain);

  // --- Changes of rows that waited ------------------------------------------------------

  document.body.addEventListener("rows-waiting", ({ detail }) => {
    const wasAway = rows.away || rows.count;
    rows = detail;
    if (detail.count) clearTimeout(late);
    if (detail.savedAt) tell("saved", words.saved.replace("%at%", detail.savedAt));
    if (detail.away || (detail.count && !navigator.onLine)) return offline();
    if (wasAway) online();
    if (detail.conflict) tell("conflict", words.conflict, true);
    if (detail.failed) tell("failed", words.failed, true);
    const text = (detail.signedOut || detail.sentence) && notice();
    if (!text) return null;
    text.textContent = detail.sentence || words.signedOut;
    if (detail.signedOut) text.append(" ", signInLink());
    return null;
  });

  // --- Shared prose, as its connection tells --------------------------------------------

  document.body.addEventListener("prose", ({ detail }) => {
    prose = detail;
    if (detail.ended) return over(detail);
    if (!detail.connected) return gone();
    clearTimeout(leaving);
    leaving = null;
    const wasAway = away;
    away = false;
    if (wasAway) online();
    if (detail.refused) return refusedProse(detail.refused);
    if (!detail.writable) return tell("readonly", words.readOnly, true);
    if (document.querySelector("main [data-conflict]")) return null; // the two versions come first
    return stands(detail);
  });

  function stands({ saving, saved }) {
    if (saved) {
      clearTimeout(late);
      late = null;
      tell("saved", words.saved.replace("%at%", serverTime()));
    } else if (saving && !late) {
      late = setTimeout(() => { late = null; tell("saving", words.saving); }, QUIET_MS);
    } else if (["readonly", "failed"].includes(state?.dataset.is) && !saving) {
      tell(before.is, before.sentence);
    }
  }

  // Nothing is told of a connection that is back at once.
  function gone() {
    clearTimeout(late);
    late = null;
    if (away || !navigator.onLine) {
      away = true;
      return offline();
    }
    leaving ??= setTimeout(() => { leaving = null; away = true; offline(); }, LOST_MS);
    return null;
  }

  // A file on its way (static/js/pictures.js).
  document.body.addEventListener("uploading", ({ detail }) => {
    if (detail.savedAt) tell("saved", words.saved.replace("%at%", detail.savedAt));
    else tell(detail.failed ? "failed" : "saving", detail.sentence, detail.failed);
  });

  // The steps in the bar belong to the status that the page was drawn with.
  document.body.addEventListener("status-changed", () => {
    const text = notice();
    if (text) text.append(words.statusChanged, " ", reloadLink());
  });

  // What waiting does not change: somebody has to do something about it.
  function over({ ended, lost }) {
    clearTimeout(leaving);
    clearTimeout(late);
    tell("readonly", words.readOnly, true);
    const text = notice();
    if (!text) return;
    text.textContent = words[`prose${ended[0].toUpperCase()}${ended.slice(1)}`];
    if (ended === "signedOut") text.append(" ", signInLink());
    else text.append(" ", reloadLink());
    if (lost) text.append(copyOf(lost));
  }

  function refusedProse(reason) {
    tell("failed", words.failed, true);
    const text = notice();
    if (text) text.textContent = reason === "too_large" ? words.proseTooLarge : words.proseRefused;
  }

  function reloadLink() {
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = words.reload;
    return link;
  }

  function copyOf(lost) {
    const box = document.createElement("textarea");
    box.className = "field mt";
    box.readOnly = true;
    box.value = lost;
    box.setAttribute("aria-label", words.proseCopy);
    return box;
  }

  // The server's clock: this device's may be wrong.
  function serverTime() {
    const [visit] = performance.getEntriesByType("navigation");
    const ahead = Date.parse(page?.dataset.now) - (performance.timeOrigin + visit.responseStart);
    return new Date(Date.now() + (ahead || 0)).toISOString().slice(11, 19);
  }

  // Whoever signed in again in another tab comes back to this one.
  window.addEventListener("focus", () => {
    if (prose.ended === "signedOut") document.body.dispatchEvent(new CustomEvent("signed-in-again"));
  });
  setInterval(() => unsent.size && navigator.onLine && sendAgain(), RETRY_MS);

  // --- Signed in again, in another tab -----------------------------------------------

  // Signing in changes the token that forms carry. A form that is refused learns the new
  // one and is sent once more; refused again, that is told.
  const retried = new WeakSet();

  async function sendWithNewToken(form) {
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = tokenOf(page.body);
    if (!token || page.body.dataset.user !== document.body.dataset.user) return false;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    for (const field of document.querySelectorAll("[name='csrfmiddlewaretoken']")) field.value = token;
    form.requestSubmit();
    return true;
  }

  function tokenOf(body) {
    const headers = body.getAttribute("hx-headers");
    return headers && JSON.parse(headers)["X-CSRFToken"];
  }
})();
