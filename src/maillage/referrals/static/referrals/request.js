// The questions and the teams are asked again as the request is chosen, and their answer replaces whole
// parts of the form. What is typed there while the answer is on its way is put back in its place: the
// answer only knows what was sent.

const PARTS = ["etapes", "renseignements", "equipes", "conditions"];

let kept = null;

function isTicked(field) {
  return field.type === "radio" || field.type === "checkbox";
}

function isTyped(field) {
  return Boolean(field.name) && field.matches("input:not([type=hidden]), select, textarea");
}

function fieldsOf(form) {
  const parts = PARTS.map((id) => document.getElementById(id));
  return [...form.elements].filter((field) => isTyped(field) && parts.some((part) => part?.contains(field)));
}

// A value of a list is known by its words too: another pathway numbers other steps alike.
function wordsOf(field) {
  if (field.tagName === "SELECT") return field.selectedOptions[0]?.text ?? "";
  return isTicked(field) ? field.value : "";
}

function stateOf(field) {
  return {
    name: field.name,
    value: field.value,
    checked: isTicked(field) && field.checked,
    words: wordsOf(field),
  };
}

function isChanged(field, sent) {
  if (isTicked(field)) return field.checked !== sent.getAll(field.name).includes(field.value);
  return field.value !== (sent.get(field.name) ?? "");
}

function find(fields, { name, value }) {
  return fields.find((field) => field.name === name && (!isTicked(field) || field.value === value));
}

function unfold(field) {
  for (let part = field.closest("details"); part; part = part.parentElement.closest("details")) {
    part.open = true;
  }
}

function putBack(field, state) {
  if (field.tagName === "SELECT") {
    const option = [...field.options].find(
      (one) => one.value === state.value && one.text === state.words,
    );
    if (!option) return;
    option.selected = true;
  } else if (field.type === "radio") {
    // The one left is unticked by the one chosen, if it still is there.
    if (!state.checked) return;
    field.checked = true;
  } else if (field.type === "checkbox") {
    field.checked = state.checked;
  } else {
    field.value = state.value;
  }
  unfold(field);
}

function focusAgain(fields, focus) {
  const field = find(fields, focus);
  if (!field) return;
  unfold(field);
  field.focus({ preventScroll: true });
  if (focus.start !== null) field.setSelectionRange(focus.start, focus.end, focus.direction);
}

function caretOf(field) {
  // Lists, ticks and numbers have no caret: their selectionStart is null or does not exist.
  const { selectionStart = null, selectionEnd = null, selectionDirection = null } = field;
  return { start: selectionStart, end: selectionEnd, direction: selectionDirection ?? "none" };
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, shouldSwap } = event.detail;
  const form = requestConfig?.elt.closest?.("form[data-request]");
  kept = null;
  if (!form || !shouldSwap) return;
  const fields = fieldsOf(form);
  const changed = fields.filter((field) => isChanged(field, requestConfig.formData)).map(stateOf);
  const active = fields.find((field) => field === document.activeElement);
  const focus = active ? { ...stateOf(active), ...caretOf(active) } : null;
  kept = { form, changed, focus };
});

document.addEventListener("htmx:afterSwap", () => {
  if (!kept) return;
  const { form, changed, focus } = kept;
  kept = null;
  const fields = fieldsOf(form);
  for (const state of changed) {
    const field = find(fields, state);
    if (field) putBack(field, state);
  }
  if (focus) focusAgain(fields, focus);
});

// What was chosen before the scripts were there, by quick hands or by a browser that puts a form back,
// has not been asked yet: no change is heard without somebody to hear it.
function wasChosenBefore(field) {
  if (field.tagName === "SELECT") {
    return [...field.options].some((one) => one.selected !== one.defaultSelected) && field.value !== "";
  }
  return field.type === "radio" && field.checked && !field.defaultChecked;
}

document.addEventListener(
  "htmx:load",
  () => {
    const fields = [...document.querySelectorAll("form[data-request] #quoi select, form[data-request] #quoi input")];
    fields.find(wasChosenBefore)?.dispatchEvent(new Event("change", { bubbles: true }));
  },
  { once: true },
);
