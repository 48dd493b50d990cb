// The outline shows which part of the report is in view.
(() => {
  "use strict";

  const inView = new Map();
  const parts = [...document.querySelectorAll("#facts, .part[id]")];
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) inView.set(entry.target.id, entry.isIntersecting);
    const here = parts.find((part) => inView.get(part.id));
    for (const link of document.querySelectorAll(".outline > li > a")) {
      const current = here && link.hash === `#${here.id}`;
      if (current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-25% 0px -60% 0px" });
  for (const part of parts) watch.observe(part);

  // A panel closes when one of its links is followed.
  document.getElementById("outline").addEventListener("click", (event) => {
    const panel = event.currentTarget;
    if (event.target.closest("a") && panel.matches(":popover-open")) panel.hidePopover();
  });
})();
