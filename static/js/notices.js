// What somebody is told while a report is open: a line that stands for a while, with a
// link. Nobody's focus moves; what was missed stays in the list of what they were told.
(() => {
  "use strict";

  const STANDS_MS = 30_000;
  const words = document.getElementById("words").dataset;
  const announce = document.getElementById("announce");
  let shown = null;
  let expiry = null;

  document.body.addEventListener("notice", ({ detail }) => {
    shown?.remove();
    shown = document.createElement("div");
    shown.className = "toast toast--told";
    shown.setAttribute("role", "group");
    shown.setAttribute("aria-label", words.told);
    shown.append(link(detail), dismiss());
    document.body.append(shown);
    announce.textContent = [detail.text, detail.more].filter(Boolean).join(". ");
    expire();
  });

  function link(detail) {
    const place = document.createElement("div");
    const address = document.createElement("a");
    address.href = own(detail.address) ?? words.toldAddress;
    address.textContent = detail.text;
    place.append(address);
    if (detail.more) {
      const more = document.createElement("span");
      more.textContent = detail.more;
      place.append(more);
    }
    return place;
  }

  // On this server, by whatever name it was reached.
  function own(address) {
    if (!address) return null;
    const { pathname, search, hash } = new URL(address, location.href);
    return pathname + search + hash;
  }

  function dismiss() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.dismiss;
    button.addEventListener("click", () => shown.remove());
    return button;
  }

  function expire() {
    clearTimeout(expiry);
    expiry = setTimeout(() => {
      if (shown.matches(":hover") || shown.contains(document.activeElement)) expire();
      else shown.remove();
    }, STANDS_MS);
  }
})();
