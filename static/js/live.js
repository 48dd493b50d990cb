// Parts of the page that changed are fetched again and merged in. What somebody is typing
// in is never replaced or moved, and neither focus nor scroll place is lost.
(() => {
  "use strict";

  const page = document.querySelector("[data-live]");
  const waiting = new Set();
  const theirs = new Set(); // what others changed, as the history calls it
  let busy = false;

  const isEditor = (node) => node.matches?.("[data-editing]");
  const isShared = (node) => node.matches?.("[data-shared]"); // prose, which its editor keeps
  const typedIn = (node) => isEditor(node) || node.querySelector?.("[data-editing], .cm-focused");
  const around = {
    beforeNodeMorphed: (old) => !(isEditor(old) || isShared(old)),
    beforeNodeRemoved: (old) => !typedIn(old),
    // What a reader unfolded stays so, and so does the place in the outline.
    beforeAttributeUpdated: (name, node, change) =>
      !(change === "remove" && ["open", "aria-current", "tabindex"].includes(name)),
  };

  async function refresh(parts) {
    parts.forEach((part) => waiting.add(part));
    if (busy) return;
    busy = true;
    await null; // further events of the same answer join in
    while (waiting.size && (await fetchParts())) { /* until nothing is waiting */ }
    busy = false;
  }

  async function fetchParts() {
    const names = [...waiting];
    const query = new URLSearchParams(names.map((part) => ["part", part]));
    if (page.dataset.order) query.set("order", page.dataset.order);
    waiting.clear();
    const answer = await fetch(`${page.dataset.live}?${query}`, {
      headers: { "HX-Request": "true" },
      credentials: "same-origin",
    }).catch(() => null);
    if (!answer?.ok || answer.redirected || !answer.headers.has("X-Request-ID")) {
      names.forEach((part) => waiting.add(part)); // with the next change, or when online
      return false;
    }
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    await handsFree();
    inPlace(() => parsed.querySelectorAll("template[data-part]").forEach(merge));
    const detail = { theirs: [...theirs] };
    theirs.clear();
    document.body.dispatchEvent(new CustomEvent("parts-merged", { detail }));
    return true;
  }

  // What somebody drags stays under their hand.
  async function handsFree() {
    if (!("dragging" in document.body.dataset)) return;
    await new Promise((resolve) => document.body.addEventListener("let-go", resolve, { once: true }));
  }

  function merge(template) {
    const target = document.getElementById(`part-${template.dataset.part}`);
    if (!target) return;
    for (const editor of target.querySelectorAll("[data-editing][id]")) holdPlace(editor, template.content);
    Idiomorph.morph(target, template.innerHTML, { morphStyle: "innerHTML", callbacks: around });
    htmx.process(target);
  }

  // Where a row is being edited, what arrives has the editor in its place, too; a row that
  // somebody else saved meanwhile is told in the editor.
  function holdPlace(editor, arrived) {
    const row = arrived.getElementById(editor.id);
    if (!row) return;
    const stale = editor.querySelector("[data-stale]");
    if (stale && row.dataset.v && row.dataset.v !== editor.dataset.v) stale.hidden = false;
    row.replaceWith(editor.cloneNode(false));
  }

  // Whatever grows above the reader's place moves the page with it.
  function inPlace(change) {
    const anchor = document.activeElement?.closest?.("main [id]") || firstInView();
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (!anchor?.isConnected) return;
    const moved = anchor.getBoundingClientRect().top - before;
    if (Math.abs(moved) > 1) window.scrollBy({ top: moved, behavior: "instant" });
  }

  function firstInView() {
    const all = document.querySelectorAll("main [data-id], main .section, main .part");
    return [...all].find((node) => node.getBoundingClientRect().top >= 0);
  }

  document.body.addEventListener("changed", ({ detail }) => {
    detail.theirs?.forEach((part) => theirs.add(part));
    refresh(detail.parts);
  });
  document.body.addEventListener("outdated", () =>
    refresh([...document.querySelectorAll("[id^='part-']")].map((part) => part.id.slice(5))));
  window.addEventListener("online", () => waiting.size && refresh([]));
})();
