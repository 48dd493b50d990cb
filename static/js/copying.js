// Copy what stands in a field that can only be read; without it people select it.
(() => {
  "use strict";

  const announce = document.getElementById("announce");

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    const field = button && document.getElementById(button.dataset.copies);
    if (!field) return;
    try {
      await navigator.clipboard.writeText(field.value);
      if (announce) announce.textContent = button.dataset.copied;
    } catch {
      field.select();
    }
  });
})();
