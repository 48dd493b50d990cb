// Publishing and the other steps of a report wait for the connection, and say so.
(() => {
  "use strict";

  const { base } = document.querySelector("[data-base]").dataset;
  const words = document.getElementById("words").dataset;
  const steps = `a[href^="${base}publish/"], a[href^="${base}status/"], form[action="${base}status/"] button`;

  document.body.addEventListener("connection", ({ detail: { there } }) => {
    for (const step of document.querySelectorAll(steps)) {
      const reason = step.querySelector("[data-reason]");
      if (there) reason?.remove();
      else if (!reason) step.append(reasonOf());
      if (there) step.removeAttribute("aria-disabled");
      else step.setAttribute("aria-disabled", "true");
      step.title = there ? "" : words.offlineReason;
    }
  });

  function reasonOf() {
    const said = document.createElement("span");
    said.className = "vh";
    said.dataset.reason = "";
    said.textContent = ` (${words.offlineReason})`;
    return said;
  }

  document.addEventListener("click", (event) => {
    const step = event.target.closest?.("[aria-disabled='true']");
    if (step?.matches(steps)) event.preventDefault();
  });
})();
