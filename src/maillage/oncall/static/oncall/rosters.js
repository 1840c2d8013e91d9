// The grid of a roster from the keyboard. Every duty is a link to its page: without this file, the
// choice is made there.

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
let last = null; // the duty that had the focus, so that it comes back after a change
let typed = ""; // the letters typed until the editor is there
let opening = null; // the duty whose editor was asked for
let confirmed = false; // Enter was pressed before the editor was there

function forget() {
  typed = "";
  opening = null;
  confirmed = false;
}

const grid = () => document.querySelector("[data-roster]");
const duties = () => [...(grid()?.querySelectorAll("[data-duty]") ?? [])];

// One stop of the Tab key for the whole grid; arrows go from duty to duty.
function setStop(duty) {
  for (const one of duties()) one.tabIndex = one === duty ? 0 : -1;
}

function goTo(duty) {
  if (!duty) return;
  setStop(duty);
  duty.focus();
  duty.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function cellOf(duty) {
  const cell = duty.closest("td");
  return { row: cell.parentElement.rowIndex, column: cell.cellIndex, cell };
}

// The next duty in a direction: first inside its cell, then in the next cell that has one.
function neighbour(duty, [down, right]) {
  const { row, column, cell } = cellOf(duty);
  const inside = [...cell.querySelectorAll("[data-duty]")];
  if (down) {
    const near = inside[inside.indexOf(duty) + down];
    if (near) return near;
  }
  const table = cell.closest("table");
  let [r, c] = [row + down, column + right];
  while (table.rows[r]?.cells[c]) {
    const found = [...table.rows[r].cells[c].querySelectorAll("[data-duty]")];
    if (found.length) return down < 0 ? found.at(-1) : found[0];
    r += down;
    c += right;
  }
  return null;
}

function post(duty, address, values) {
  last = duty.id;
  window.htmx.ajax("POST", address, { target: "#tableau", swap: "outerHTML", values });
}

// Not by a click: on a grid that has just come, the link may not be tied to its cell yet.
function ask(duty) {
  if (!window.htmx) return duty.click();
  window.htmx.ajax("GET", duty.href, { source: duty, target: duty.parentElement, swap: "innerHTML" });
}

// What is typed while the editor is on its way goes to its box.
function waiting(event) {
  if (event.key === "Backspace") typed = typed.slice(0, -1);
  else if (event.key === "Enter") confirmed = true;
  else if (/^[\p{L} '’-]$/u.test(event.key)) typed += event.key;
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

document.addEventListener("keydown", (event) => {
  const duty = event.target.closest?.("[data-duty]");
  if (!duty || event.ctrlKey || event.metaKey || event.altKey) return;
  if (opening === duty.id && waiting(event)) return;
  if (ARROWS[event.key]) {
    event.preventDefault();
    goTo(neighbour(duty, ARROWS[event.key]));
  } else if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    if (duty.dataset.holder) post(duty, duty.href, { praticien: "", montre: duty.dataset.holder });
  } else if (event.key === "F" && event.shiftKey) {
    event.preventDefault();
    if (duty.dataset.holder) {
      post(duty, `${duty.pathname}/figer`, { figer: "pinned" in duty.dataset ? "non" : "oui" });
    }
  } else if (event.key.length === 1 && /\p{L}/u.test(event.key)) {
    event.preventDefault();
    event.stopPropagation();
    forget();
    typed = event.key;
    opening = duty.id;
    ask(duty);
  }
});

document.addEventListener("focusin", (event) => {
  const duty = event.target.closest?.("[data-duty]");
  if (!duty) return;
  setStop(duty);
  if (opening && opening !== duty.id) forget();
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) forget();
});

// The editor of one duty: a combobox over those who take part in the line.

const plain = (text) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[-'’]/g, " ").toLowerCase().trim();

class Editor {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("[data-picker]");
    this.chosen = form.querySelector("[data-chosen]");
    this.options = [...form.querySelectorAll("[role=option]")];
    this.active = -1;
    this.input.addEventListener("input", () => this.filter());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.leave(), 0));
    form.querySelector("[role=listbox]").addEventListener("pointerdown", (e) => e.preventDefault());
    form.querySelector("[role=listbox]").addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
    this.none = form.querySelector("[data-none]");
    this.input.value = typed;
    const only = confirmed;
    forget();
    this.input.focus();
    this.filter();
    // Enter typed ahead counts when the name leaves no doubt.
    if (only && this.shown.length === 1) this.choose(this.shown[0]);
  }

  get shown() {
    return this.options.filter((option) => !option.hidden);
  }

  filter() {
    const words = plain(this.input.value).split(" ").filter(Boolean);
    for (const option of this.options) {
      const names = option.dataset.key.split(" ");
      option.hidden = !words.every((word) => names.some((name) => name.startsWith(word)));
    }
    this.none.hidden = this.shown.length > 0;
    this.move(words.length || !this.shown.length ? 0 : -1);
  }

  move(index) {
    this.options.forEach((option) => option.setAttribute("aria-selected", "false"));
    this.active = index;
    const option = this.shown[index];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(option) {
    if (this.sent) return;
    this.sent = true;
    this.chosen.value = option.dataset.value;
    this.form.requestSubmit();
  }

  pressed(event) {
    const count = this.shown.length;
    if (event.key === "ArrowDown" && count) this.move((this.active + 1) % count);
    else if (event.key === "ArrowUp" && count) this.move((this.active - 1 + count) % count);
    else if (event.key === "Enter" && this.shown[this.active]) this.choose(this.shown[this.active]);
    else if (event.key === "Enter") event.preventDefault();
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab") return this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  leave() {
    if (!this.sent && !this.form.contains(document.activeElement)) this.close(false);
  }

  close(back = true) {
    if (!this.form.isConnected || this.sent) return;
    const id = `garde-${this.form.dataset.dutyEditor}`;
    this.form.parentElement.innerHTML = kept.get(id) ?? "";
    const duty = document.getElementById(id);
    if (duty) window.htmx.process(duty.parentElement);
    if (back) goTo(duty);
  }
}

const kept = new Map(); // what the cell was before its editor took its place

document.addEventListener("htmx:beforeSwap", (event) => {
  const slot = event.detail.target;
  if (!slot?.matches?.(".duty-slot")) return;
  const duty = slot.querySelector("[data-duty]");
  if (duty) kept.set(duty.id, slot.innerHTML);
});

// As soon as the new grid is there: the next key may come before it is settled.
document.addEventListener("htmx:afterSwap", () => {
  if (!last || document.querySelector("[data-duty-editor]")) return;
  const duty = document.getElementById(last);
  last = null;
  goTo(duty);
});

document.addEventListener("htmx:load", (event) => {
  const form = event.detail.elt.closest?.("[data-duty-editor]");
  if (form) {
    last = `garde-${form.dataset.dutyEditor}`;
    new Editor(form);
  } else if (event.detail.elt.matches?.("[data-roster]")) {
    setStop(duties()[0]);
  }
});

if (window.htmx) setStop(duties()[0]);
