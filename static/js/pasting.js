// Several lines that begin with times, pasted into an entry: the page offers to make that
// many entries of them, and shows them first. The paste itself goes where it went.
(() => {
  "use strict";

  const base = document.querySelector("[data-base]").dataset.base;
  const words = document.getElementById("words").dataset;
  const timed = /^[\s*\-•>[(]*(\d{4}-\d\d-\d\d[ T])?\d{1,2}:\d\d/;

  document.addEventListener("paste", (event) => {
    const form = event.target.closest?.(`form[action^="${CSS.escape(`${base}rows/timeline/`)}"]`);
    const text = event.clipboardData?.getData("text/plain") || "";
    const count = text.split("\n").filter((line) => timed.test(line)).length;
    if (!form || count < 2 || event.target.name?.startsWith("evidence")) return;
    offer(form, text, count);
  });

  function offer(form, text, count) {
    form.querySelector("[data-lines]")?.remove();
    const line = document.createElement("p");
    line.className = "notice wide";
    line.dataset.lines = "";
    line.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "textlink";
    button.textContent = words.linesShow;
    button.addEventListener("click", () => show(form, text));
    const sentence = document.createElement("span");
    sentence.append(`${words.lines.replace("%n%", count)} `, button);
    line.append(sentence);
    form.prepend(line);
  }

  function show(form, text) {
    const zone = form.elements.zone?.value || "UTC";
    htmx.ajax("POST", `${base}timeline/paste/`, {
      target: "#slot-timeline",
      swap: "innerHTML",
      values: { text, zone, shown: "on" },
    });
  }
})();
