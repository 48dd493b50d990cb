// A name chosen from the catalogue becomes a line of the field it belongs to.
(() => {
  "use strict";

  function add(chosen) {
    const name = chosen.value.trim();
    const field = document.getElementById(chosen.dataset.addsLineTo);
    const lines = field.value.split("\n").filter((line) => line.trim());
    if (name && !lines.includes(name)) field.value = [...lines, name].join("\n");
    chosen.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-adds-line-to]")) add(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || !event.target.matches("[data-adds-line-to]")) return;
    event.preventDefault();
    add(event.target);
  });
})();
