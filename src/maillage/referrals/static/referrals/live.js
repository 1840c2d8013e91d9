// Parts that ask again by themselves (data-live) never take away what somebody is typing or reading
// open: the new state waits behind a link, and only a notice says so.

document.addEventListener("input", (event) => {
  event.target.closest("form")?.setAttribute("data-dirty", "");
});

function focusFirst(form) {
  form?.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
}

function isBusy(part) {
  const active = document.activeElement;
  const typing = part.contains(active) && active.matches("input, select, textarea");
  return typing || part.querySelector("form[data-dirty], details[data-keep][open]") !== null;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig, xhr } = event.detail;
  if (!requestConfig?.headers["X-Polling"] || !target.matches?.("[data-live]")) return;
  if (!event.detail.shouldSwap || !isBusy(target)) return;
  event.detail.shouldSwap = false;
  if (xhr.getResponseHeader("X-Clock-Only")) return;
  const news = target.querySelector("[data-live-news]");
  if (news) news.hidden = false;
});

// Filters answer as they are chosen; the button stays for those without script.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filters]");
  if (form && event.target.matches("select, input[type=checkbox]")) form.requestSubmit();
});

// A form that a card asked for: the same.
document.addEventListener("htmx:afterSwap", (event) => {
  const opened = event.detail.target.querySelector?.("details[data-keep][open]");
  if (!event.detail.requestConfig?.headers["X-Polling"]) focusFirst(opened);
});

// Opening an act puts the reader in its first field.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.("details[data-keep][open]")) focusFirst(event.target);
  },
  true,
);
