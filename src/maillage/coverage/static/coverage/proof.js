// Pages of a proof: what the keyboard and the pointer add. Every page works without this file.

// A filter that is changed shows its result at once; the button stays for those without script.

// The step of a pathway is left behind with it, and stays out of the address when nothing changed.

document.addEventListener(
  "submit",
  (event) => {
    const home = event.target.querySelector("input[name=etape_de]");
    if (!home) return;
    event.target.elements.etape.disabled = event.target.elements.filiere.value !== home.value;
    home.disabled = true;
  },
  true,
);

window.addEventListener("pageshow", () => {
  for (const input of document.querySelectorAll("form[data-auto] input[type=hidden]:disabled"))
    input.disabled = false;
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-auto]");
  if (form && event.target.matches("select, input[type=checkbox]")) form.requestSubmit();
});

// The hour slider says its hour; links to the hours around move it.

function sayHour(slider) {
  const words = `${slider.value} h`;
  slider.setAttribute("aria-valuetext", words);
  const output = document.querySelector(`output[for=${slider.id}]`);
  if (output) output.textContent = words;
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-hour-form] input[type=range]")) sayHour(event.target);
});

function follow(shown) {
  const form = document.querySelector("[data-hour-form]");
  if (!form || shown.dataset.hour === undefined) return;
  const slider = form.querySelector("input[type=range]");
  if (document.activeElement !== slider) {
    slider.value = shown.dataset.hour;
    sayHour(slider);
  }
  const day = form.querySelector("input[type=date]");
  if (document.activeElement !== day) day.value = shown.dataset.day;
}

// The map is one stop of the Tab key. Arrows then go to the nearest commune on that side, Enter
// opens it; what it says is written under the map, and spoken. Communes are too small for a finger:
// a tap chooses the nearest one, with its figures and the way to its page under the map.

const SIDES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class MapWalk {
  constructor(frame) {
    this.svg = frame.querySelector("svg.map");
    this.frame = frame;
    this.reading = document.createElement("p");
    this.reading.className = "map-reading";
    this.reading.setAttribute("role", "status");
    this.svg.after(this.reading);
    this.svg.setAttribute("tabindex", "0");
    this.svg.setAttribute("role", "application");
    this.svg.setAttribute("aria-roledescription", "carte");
    this.svg.setAttribute(
      "aria-label",
      `${this.svg.getAttribute("aria-label")}. Flèches : passer ${frame.dataset.mapWalk || "d'une commune à l'autre"}. Entrée : ouvrir.`,
    );
    this.svg.addEventListener("keydown", (event) => this.pressed(event));
    this.svg.addEventListener("focus", () => this.show(this.active ?? this.first()));
    this.svg.addEventListener("blur", () => this.clear());
    this.svg.addEventListener("click", (event) => this.tapped(event), true);
    // A tap gives no focus: the tip would hide the neighbours.
    this.svg.addEventListener("pointerdown", (event) => {
      this.touched = event.pointerType === "touch";
    });
    this.svg.addEventListener("mousedown", (event) => {
      if (this.touched) event.preventDefault();
    });
  }

  tapped(event) {
    if (event.pointerType !== "touch") return;
    event.preventDefault();
    const hit = event.target.closest?.("a[data-tip]");
    const places = this.measure();
    const place = places.find((one) => one.link === hit) ?? this.nearest(event, places);
    this.show(place);
    const link = document.createElement("a");
    link.href = place.link.getAttribute("href");
    link.textContent = "Ouvrir la fiche";
    this.reading.append(document.createElement("br"), link);
  }

  nearest(event, places) {
    const scaled = places[0].link.getScreenCTM().inverse();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(scaled);
    const far = (one) => Math.hypot(one.x - at.x, one.y - at.y);
    return places.reduce((best, one) => (far(one) < far(best) ? one : best));
  }

  measure() {
    this.places ??= [...this.svg.querySelectorAll("g > a[data-tip]")].map((link) => {
      const box = link.getBBox();
      return { link, x: box.x + box.width / 2, y: box.y + box.height / 2 };
    });
    return this.places;
  }

  first() {
    const worst = ["hole", "late", "q6", "q5", "q4", "q3", "q2", "q1", "loss3", "loss2"];
    const places = this.measure();
    for (const css of worst) {
      const found = places.find((place) => place.link.firstElementChild.classList.contains(css));
      if (found) return found;
    }
    return places[0];
  }

  clear() {
    for (const ring of this.svg.querySelectorAll(".ring")) ring.remove();
  }

  show(place) {
    if (!place) return;
    this.active = place;
    this.reading.textContent = place.link.dataset.tip;
    this.clear();
    const shape = place.link.firstElementChild;
    for (const name of ["ring ring--casing", "ring"]) {
      const ring = shape.cloneNode();
      ring.setAttribute("class", name);
      place.link.parentNode.append(ring);
    }
  }

  pressed(event) {
    const side = SIDES[event.key];
    if (side) {
      event.preventDefault();
      this.show(this.next(...side));
    } else if (event.key === "Enter" && this.active) {
      event.preventDefault();
      window.location.assign(this.active.link.getAttribute("href"));
    }
  }

  // The nearest on that side: distance, with what strays from the direction counted twice.
  next(dx, dy) {
    const from = this.active ?? this.first();
    let best = from;
    let least = Infinity;
    for (const place of this.measure()) {
      const along = (place.x - from.x) * dx + (place.y - from.y) * dy;
      const across = Math.abs((place.x - from.x) * dy) + Math.abs((place.y - from.y) * dx);
      if (place === from || along <= 0 || across > along * 2) continue;
      const far = along + 2 * across;
      if (far < least) [best, least] = [place, far];
    }
    return best;
  }
}

// The calendar is one stop too: left and right along a week, up and down between weeks.

class CalendarWalk {
  constructor(svg) {
    this.svg = svg;
    this.rows = [];
    for (const link of svg.querySelectorAll("a[data-row]")) {
      const row = Number(link.dataset.row);
      const box = link.firstElementChild;
      const x = Number(box.getAttribute("x"));
      (this.rows[row] ??= []).push({ link, x, middle: x + Number(box.getAttribute("width")) / 2 });
    }
    this.rows.forEach((row) => row.sort((one, other) => one.x - other.x));
    this.kept = this.rows.map((row, index) => (row ? index : -1)).filter((index) => index >= 0);
    const first = this.rows[this.kept[0]]?.[0];
    if (!first) return;
    first.link.setAttribute("tabindex", "0");
    svg.addEventListener("keydown", (event) => this.pressed(event));
  }

  pressed(event) {
    const link = event.target.closest?.("a[data-row]");
    if (!link) return;
    const row = Number(link.dataset.row);
    const cells = this.rows[row];
    const index = cells.findIndex((cell) => cell.link === link);
    const place = this.kept.indexOf(row);
    let goal;
    if (event.key === "ArrowRight") goal = cells[index + 1] ?? this.rows[this.kept[place + 1]]?.[0];
    else if (event.key === "ArrowLeft")
      goal = cells[index - 1] ?? this.rows[this.kept[place - 1]]?.at(-1);
    else if (event.key === "ArrowDown") goal = this.near(this.kept[place + 1], cells[index].middle);
    else if (event.key === "ArrowUp") goal = this.near(this.kept[place - 1], cells[index].middle);
    else if (event.key === "Home") goal = cells[0];
    else if (event.key === "End") goal = cells.at(-1);
    else return;
    event.preventDefault();
    if (!goal) return;
    link.setAttribute("tabindex", "-1");
    goal.link.setAttribute("tabindex", "0");
    goal.link.focus();
  }

  near(row, middle) {
    const cells = this.rows[row];
    return cells?.reduce((best, cell) =>
      Math.abs(cell.middle - middle) < Math.abs(best.middle - middle) ? cell : best,
    );
  }
}

function prepare(root) {
  for (const frame of root.querySelectorAll("[data-map-walk]")) new MapWalk(frame);
  for (const svg of root.querySelectorAll("svg[data-calendar]")) new CalendarWalk(svg);
}

document.addEventListener("htmx:oobAfterSwap", (event) => {
  const age = document.getElementById("age");
  if (!age || event.detail.target?.id !== "age-erreur") return;
  if (document.getElementById("age-erreur").textContent.trim())
    age.setAttribute("aria-invalid", "true");
  else age.removeAttribute("aria-invalid");
});

document.addEventListener("htmx:afterSettle", (event) => {
  const result = document.getElementById("resultat");
  if (result && !result.querySelector(".map-reading")) prepare(result);
  const shown = document.getElementById("carte");
  if (shown?.dataset.mapShown === undefined || event.detail.elt.closest("[data-map-shown]") === null)
    return;
  if (!shown.querySelector(".map-reading")) prepare(shown);
  follow(shown);
});

prepare(document);
