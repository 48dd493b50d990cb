// The reading page: copy an address, print, and mark where somebody is reading. All of it
// is comfort; without it links are links and browsers print.
(() => {
  "use strict";

  const announce = document.getElementById("announce");
  const words = document.querySelector("[data-copied]")?.dataset.copied || "";

  async function copy(link) {
    try {
      await navigator.clipboard.writeText(link.href);
      if (announce) announce.textContent = words;
      link.dataset.done = "";
      setTimeout(() => { delete link.dataset.done; }, 2000);
    } catch {
      location.assign(link.href);
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) {
      window.print();
      return;
    }
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const button = event.target.closest("[data-copy]");
    if (button && plain && navigator.clipboard) {
      event.preventDefault();
      copy(button);
      return;
    }
    // Permalinks go where they point, and their address is in the clipboard as well.
    const permalink = event.target.closest(".permalink, .tl__at");
    if (permalink && plain && navigator.clipboard) copy(permalink);
  });

  const contents = [...document.querySelectorAll(".read__toc a")];
  const parts = contents.map((link) => document.getElementById(link.hash.slice(1)));
  if (!contents.length || parts.includes(null)) return;

  // The part whose heading was passed last; at the very end the one that was asked for.
  function here() {
    const top = (part) => part.getBoundingClientRect().top;
    const wanted = parts.findIndex((part) => `#${part.id}` === location.hash);
    const ended = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    if (ended && wanted >= 0 && top(parts[wanted]) > 0) return wanted;
    return Math.max(parts.filter((part) => top(part) < innerHeight / 3).length - 1, 0);
  }

  function mark() {
    const current = here();
    contents.forEach((link, at) => {
      if (at === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }

  let asked = false;
  addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; mark(); });
  }, { passive: true });
  mark();
})();
