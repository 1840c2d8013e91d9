// Maillage: what the keyboard and the pointer add. Every page works without this file.

const FEW_LETTERS = 2;
const TYPING_PAUSE = 150;
const SHORTCUTS = "maillage.shortcuts";

const isTyping = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || element.matches("input, select, textarea"));

function make(tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

// Shortcuts: "/" goes to the search, "?" to "Qui prend en charge ?". They can be switched off in the
// account menu, because one-key shortcuts hinder people who dictate.

function shortcutsAreOn() {
  try {
    return localStorage.getItem(SHORTCUTS) !== "off";
  } catch {
    return true;
  }
}

function keepShortcuts(on) {
  try {
    localStorage.setItem(SHORTCUTS, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing: the choice holds for this page only.
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]") || !shortcutsAreOn()) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    const link = document.querySelector("[data-search-link]");
    if (search?.checkVisibility?.() ?? search) search.focus();
    else if (link) link.click();
    else return;
    event.preventDefault();
  } else if (event.key === "?") {
    const who = document.querySelector("[data-who]");
    if (!who) return;
    event.preventDefault();
    who.click();
  }
});

function prepareShortcutSwitch(root) {
  for (const box of root.querySelectorAll("[data-shortcuts]")) {
    box.closest("[hidden]")?.removeAttribute("hidden");
    box.checked = shortcutsAreOn();
    box.addEventListener("change", () => keepShortcuts(box.checked));
  }
}

// Open menus (details[data-menu]) close on Escape and on a press elsewhere.

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  hideTip();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});

// Type-ahead: the ARIA combobox pattern with a list box. The address answers with
// <li role="option" data-value="59249" data-label="Fourmies (59)">…</li>.

class TypeAhead {
  constructor(input) {
    this.input = input;
    this.options = [];
    this.active = -1;
    this.asked = "";
    const id = input.id || `typeahead-${Math.random().toString(36).slice(2)}`;
    input.id = id;
    this.box = make("div", { class: "typeahead" });
    input.replaceWith(this.box);
    this.list = make("ul", { role: "listbox", id: `${id}-list`, class: "typeahead-list" });
    this.list.setAttribute("aria-label", input.labels?.[0]?.textContent.trim() || "Propositions");
    this.list.hidden = true;
    this.status = make("span", { class: "visually-hidden", role: "status" });
    this.box.append(input, this.list, this.status);
    this.hidden = this.findHidden();
    for (const [name, value] of Object.entries({
      role: "combobox",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    })) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
  }

  // The code that goes with the text. Made here, so that a page without script never posts a code
  // that no longer matches the text.
  findHidden() {
    const name = this.input.dataset.typeaheadName;
    if (!name) return null;
    const hidden = make("input", { type: "hidden", name });
    hidden.value = this.input.dataset.typeaheadValue || "";
    this.box.append(hidden);
    return hidden;
  }

  setValue(value) {
    if (!this.hidden || this.hidden.value === value) return;
    this.hidden.value = value;
    this.hidden.dispatchEvent(new Event("change", { bubbles: true }));
  }

  typed() {
    this.setValue("");
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    if (text.length < FEW_LETTERS) {
      this.request?.abort();
      this.close();
      return;
    }
    this.timer = setTimeout(() => this.ask(text), TYPING_PAUSE);
  }

  async ask(text) {
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    try {
      const answer = await fetch(this.input.dataset.typeahead + encodeURIComponent(text), {
        signal,
        credentials: "same-origin",
        headers: { "X-Requested-With": "fetch" },
      });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      this.show(await answer.text());
    } catch {
      if (signal.aborted) return;
      this.close();
      this.status.textContent = "Les propositions ne répondent pas : écrivez le nom entier.";
    }
  }

  show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    this.options = [...page.querySelectorAll("[role=option]")];
    this.options.forEach((option, index) => {
      option.id = `${this.list.id}-${index}`;
      option.setAttribute("aria-selected", "false");
    });
    this.list.replaceChildren(...this.options);
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    const count = this.options.length;
    this.status.textContent =
      count === 0 ? "Aucune proposition." : `${count} proposition${count > 1 ? "s" : ""}.`;
    this.setOpen(count > 0 && document.activeElement === this.input);
    // Above the bar at the foot of a phone, which the page's scroll padding keeps clear.
    if (!this.list.hidden) this.list.scrollIntoView({ block: "nearest" });
  }

  setOpen(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
  }

  close() {
    clearTimeout(this.timer);
    this.setOpen(false);
    this.move(-1);
  }

  move(index) {
    this.options[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const option = this.options[index];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(option) {
    this.request?.abort();
    this.input.value = option.dataset.label || option.textContent.trim();
    this.close();
    this.setValue(option.dataset.value || "");
    this.input.dispatchEvent(new CustomEvent("typeahead:chosen", { bubbles: true }));
  }

  pressed(event) {
    const open = !this.list.hidden;
    const last = this.options.length - 1;
    if (event.key === "ArrowDown" && !open && this.options.length) this.setOpen(true), this.move(0);
    else if (event.key === "ArrowDown" && open) this.move(this.active < last ? this.active + 1 : 0);
    else if (event.key === "ArrowUp" && open) this.move(this.active > 0 ? this.active - 1 : last);
    else if (event.key === "Enter" && open && this.active >= 0)
      this.choose(this.options[this.active]);
    else if (event.key === "Escape" && open) this.close(), event.stopPropagation();
    else return;
    event.preventDefault();
  }
}

function prepareTypeAheads(root) {
  for (const input of root.querySelectorAll("input[data-typeahead]:not([role=combobox])")) {
    new TypeAhead(input);
  }
}

// Tips: what a mark of a map says, on hover and on keyboard focus. Escape hides them.

const tip = make("div", { class: "tip", role: "tooltip", id: "tip" });
tip.hidden = true;
let tipped = null;

function hideTip() {
  tip.hidden = true;
  tipped?.classList.remove("tipped");
  tipped = null;
}

function showTip(element, x, y) {
  if (!tip.isConnected) document.body.append(tip);
  if (tipped !== element) {
    hideTip();
    tipped = element;
    tip.textContent = element.dataset.tip;
    element.classList.add("tipped");
  }
  tip.hidden = false;
  const room = 12;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(x + room, window.innerWidth - width - 8));
  const above = y - height - room;
  tip.style.transform = `translate(${left}px, ${above > 8 ? above : y + room}px)`;
}

document.addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch") return;
  const element = event.target.closest?.("[data-tip]");
  if (element) showTip(element, event.clientX, event.clientY);
  else if (tipped && !tipped.contains(document.activeElement)) hideTip();
});

function showTipInPlace(element) {
  const place = element.getBoundingClientRect();
  showTip(element, place.left + place.width / 2, place.top + place.height / 2);
}

document.addEventListener("focusin", (event) => {
  const element = event.target.closest?.("[data-tip]");
  if (element) showTipInPlace(element);
  else hideTip();
});

// Neighbours are drawn over the outline of a commune: the focus ring goes on top of them all.

function clearRings() {
  for (const ring of document.querySelectorAll("svg.map .ring")) ring.remove();
}

document.addEventListener("focusout", clearRings);
document.addEventListener("focusin", (event) => {
  clearRings();
  const map = event.target.closest?.("svg.map");
  if (!map || !event.target.matches(":focus-visible")) return;
  const shape = event.target.matches("path") ? event.target : event.target.querySelector("path");
  if (!shape) return;
  for (const name of ["ring ring--casing", "ring"]) {
    const ring = document.createElementNS("http://www.w3.org/2000/svg", "path");
    ring.setAttribute("d", shape.getAttribute("d"));
    ring.setAttribute("class", name);
    ring.setAttribute("aria-hidden", "true");
    shape.parentNode.closest("g, svg").append(ring);
  }
});

document.addEventListener(
  "scroll",
  () => {
    if (tipped?.contains(document.activeElement)) showTipInPlace(tipped);
    else hideTip();
  },
  { passive: true, capture: true },
);

// Buttons that print, ask before, and rows that the arrow keys walk.

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
  const refused = event.target.closest?.("button[aria-disabled=true]");
  if (refused) event.preventDefault();
});

function askBefore(button) {
  const dialog = make("dialog", { "aria-labelledby": "confirm-text" });
  const end = make("div", { class: "form-end" });
  const yes = make("button", { type: "button" }, button.dataset.confirmLabel || "Confirmer");
  const no = make("button", { type: "button", class: "button--quiet" }, "Annuler");
  yes.className = button.classList.contains("button--danger") ? "button--danger" : "button--primary";
  end.append(yes, no);
  dialog.append(make("p", { id: "confirm-text" }, button.dataset.confirm), end);
  document.body.append(dialog);
  yes.addEventListener("click", () => dialog.close("yes"));
  no.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    button.focus();
    if (dialog.returnValue !== "yes") return;
    button.dataset.confirmed = "yes";
    button.click();
  });
  dialog.showModal();
  no.focus();
}

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-confirm]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    if (button.dataset.confirmed) {
      delete button.dataset.confirmed;
      return;
    }
    if (button.form && !button.form.reportValidity()) {
      event.preventDefault();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    askBefore(button);
  },
  { capture: true },
);

const rowLink = (row) => row?.querySelector("a[href], button");

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("table[data-rows] tbody tr");
  if (!row || isTyping(event.target)) return;
  const rows = [...row.parentElement.rows].filter(rowLink);
  const index = rows.indexOf(row);
  const goal = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (goal === undefined || !rows[goal]) return;
  event.preventDefault();
  rowLink(rows[goal]).focus();
});

// htmx: a form that comes back with errors (422) replaces the old one, with what was typed; any other
// failure leaves the page as it is and says so.

function say(text) {
  const place = document.querySelector("[data-messages]");
  if (!place) return;
  const notice = make("div", { class: "notice notice--error", role: "alert" });
  notice.append(make("p", {}, text));
  place.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 422) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

// A part of the page that asks again by itself says nothing when an answer fails: the next one may do.
function isPoll(event) {
  return Boolean(event.detail.requestConfig?.headers["X-Polling"]);
}

document.addEventListener("htmx:responseError", (event) => {
  if (isPoll(event)) return;
  const why = {
    401: "Votre session est terminée. Reconnectez-vous dans un autre onglet, puis recommencez.",
    403: "Vous ne pouvez pas faire cela avec votre rôle.",
    409: "Une règle s'y oppose. Rechargez la page pour voir l'état actuel.",
    429: "Trop de demandes en peu de temps. Attendez un instant, puis recommencez.",
  };
  const text = why[event.detail.xhr.status] || "Le serveur n'a pas pu répondre. Recommencez.";
  say(`${text} Ce que vous avez saisi est toujours là.`);
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (isPoll(event)) return;
    say("Pas de réponse du réseau. Ce que vous avez saisi est toujours là : recommencez.");
  });
}

function prepare(root) {
  prepareTypeAheads(root);
  prepareShortcutSwitch(root);
  root.querySelector(".error-summary")?.focus();
}

document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) prepare(event.detail.elt);
});

prepare(document);
