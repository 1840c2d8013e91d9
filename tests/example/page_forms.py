"""Forms of a page as a browser without script posts them: what is prefilled stays, what is typed
replaces it, the button that was pressed goes with the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID_TYPES = frozenset({"submit", "button", "image", "reset", "file"})


@dataclass
class PageForm:
    """One form: where it goes, what it holds, the words of its buttons."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def value(self, name: str) -> str:
        """What a field holds, empty when it holds nothing."""
        return next((value for key, value in self.values if key == name), "")

    def posted(self, button: str = "", **typed: Any) -> dict[str, Any]:
        """What is posted once ``typed`` replaced the values and the button was pressed. A field
        that the form does not have cannot be typed in."""
        unknown = set(typed) - self.names
        assert not unknown, f"{sorted(unknown)} not in {sorted(self.names)}"
        found: dict[str, Any] = {}
        for name, value in self.values:
            if name not in typed:
                found.setdefault(name, []).append(value)
        found |= {name: value for name, value in typed.items() if value is not None}
        for name, value, words in self.buttons:
            if name and button and button in (words, value):
                found[name] = value
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[PageForm] = []
        self.form: PageForm | None = None
        self.area = self.select = ""
        self.text: list[str] | None = None
        self.option: tuple[str, bool] | None = None
        self.picked: list[str] = []
        self.offered: list[str] = []
        self.button: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = PageForm(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self.form)
        elif self.form is not None:
            self._field(tag, found)

    def _field(self, tag: str, found: dict[str, str]) -> None:
        assert self.form is not None
        name, value = found.get("name", ""), found.get("value", "")
        if tag in ("input", "textarea", "select") and name and "disabled" not in found:
            self.form.names.add(name)
        if tag == "input" and name and found.get("type", "text") not in VOID_TYPES:
            if found.get("type") in ("radio", "checkbox"):
                self.form.choices.setdefault(name, []).append(value or "on")
                if "checked" in found:
                    self.form.values.append((name, value or "on"))
            else:
                self.form.values.append((name, value))
        elif tag == "textarea":
            self.area, self.text = name, []
        elif tag == "select":
            self.select, self.picked, self.offered = name, [], []
        elif tag == "option" and self.select:
            self.offered.append(value)
            if "selected" in found:
                self.picked.append(value)
        elif tag == "button" and found.get("type", "submit") == "submit":
            self.button, self.text = (name, value), []

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self.form is None:
            return
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.text is not None:
            self.form.values.append((self.area, "".join(self.text).removeprefix("\n")))
            self.text = None
        elif tag == "select":
            picked = self.picked or self.offered[:1]
            self.form.values += [(self.select, value) for value in picked]
            self.form.choices[self.select] = self.offered
            self.select = ""
        elif tag == "button" and self.button is not None:
            words = " ".join("".join(self.text or []).split())
            self.form.buttons.append((*self.button, words))
            self.button = self.text = None


def forms_of(page: str) -> list[PageForm]:
    """The forms of a page, in order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.forms


def form_of(page: str, *, action: str = "", button: str = "", **held: str) -> PageForm:
    """The one form that goes to this address, has a button of these words, and holds these
    values."""
    found = [
        form
        for form in forms_of(page)
        if (not action or form.action == action)
        and (not button or button in _words(form.buttons))
        and all(form.value(name) == value for name, value in held.items())
    ]
    assert len(found) == 1, f"{len(found)} forms {action} {button} {held}"
    return found[0]


def _words(buttons: Iterable[tuple[str, str, str]]) -> list[str]:
    return [words for _, _, words in buttons]
