// The outline shows which part of the report is in view; the panels of narrow windows.
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

  // A panel that opens gets the focus at its heading, and closes when one of its links is
  // followed, or has opened a form outside of it. The browser gives the focus back to its
  // button.
  for (const panel of document.querySelectorAll(".rail")) {
    panel.addEventListener("toggle", (event) => {
      if (event.newState !== "open") return;
      const heading = [...panel.querySelectorAll("h2")].find((one) => one.checkVisibility());
      heading.tabIndex = -1;
      heading.focus();
    });
    const close = () => panel.matches(":popover-open") && panel.hidePopover();
    const isInside = (selector) => Boolean(selector && panel.querySelector(selector));
    panel.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (link && !isInside(link.getAttribute("hx-target"))) close();
    });
    document.body.addEventListener("htmx:afterSwap", ({ target, detail }) => {
      if (panel.contains(detail.requestConfig?.elt) && target.closest("main")) close();
    });
  }
})();
