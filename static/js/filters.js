// The incidents list: taking a filter away keeps the place, and the list answers at once.
// Without this file every filter still works: chips are links, panels have a button.

document.addEventListener("click", (event) => {
  const cross = event.target.closest("[data-clears]");
  const form = cross && cross.closest("form");
  if (!form || event.metaKey || event.ctrlKey || !window.htmx) return;
  event.preventDefault();
  const panel = form.querySelector(`#panel-${cross.dataset.clears}`);
  for (const field of panel.querySelectorAll("input, select")) {
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  form.querySelector(`#open-${cross.dataset.clears}`).focus();
  form.dispatchEvent(new Event("change", { bubbles: true }));
});
