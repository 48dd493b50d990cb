// What others changed washes once, when it has arrived; what this page saved does not.
(() => {
  "use strict";

  const OURS_MS = 4_000;
  const ours = new Map(); // rows and fields that were saved from here, and when

  // “…/rows/timeline/12/edit/” is what the history calls “row:timeline:12”.
  function partOf(path) {
    const row = /\/rows\/(\w+)\/(\d+|add)\//.exec(path);
    if (row) return `row:${row[1]}:${row[2]}`;
    const field = /\/fields\/(\w+)\//.exec(path);
    return field ? `field:${field[1]}` : "";
  }

  for (const name of ["htmx:beforeRequest", "htmx:afterRequest"]) {
    document.body.addEventListener(name, ({ detail }) => {
      const { verb, path } = detail.requestConfig;
      if (verb === "post") ours.set(partOf(path), Date.now());
    });
  }

  function isOurs(part) {
    const added = part.replace(/\d+$/, "add");
    return [part, added].some((one) => Date.now() - (ours.get(one) || 0) < OURS_MS);
  }

  function elementOf(part) {
    const [first, kind, id] = part.split(":");
    if (first === "field") return document.getElementById(`field-${kind}`);
    if (first !== "row" || !id) return null;
    const link = document.querySelector(`main [href$="/rows/${CSS.escape(kind)}/${CSS.escape(id)}/edit/"]`);
    return link?.closest("main [data-v], main [data-id]");
  }

  document.body.addEventListener("parts-merged", ({ detail }) => {
    for (const part of detail?.theirs || []) {
      const element = isOurs(part) ? null : elementOf(part);
      if (!element || element.matches("[data-editing]")) continue;
      element.classList.remove("just-changed");
      void element.offsetWidth; // a second change washes anew
      element.classList.add("just-changed");
    }
  });
  document.addEventListener("animationend", ({ target }) => target.classList.remove("just-changed"));
})();
