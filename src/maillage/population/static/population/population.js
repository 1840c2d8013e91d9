// Pages of the population: every one works without this file.

// The button of the choosers is for those without script: a choice shows its result at once.
for (const form of document.querySelectorAll("form.choosers[hx-get]")) {
  if (window.htmx) form.querySelector(":scope > button")?.classList.add("visually-hidden");
}

// Without htmx the form loads the page as usual; fields left at their usual value stay out of the
// address either way.
document.addEventListener("htmx:configRequest", (event) => {
  const parameters = event.detail.parameters;
  if (!event.target.matches?.("form.choosers")) return;
  for (const name of Object.keys(parameters)) {
    if (parameters[name] === "") delete parameters[name];
  }
});
