"""Forms of the accounts room: shapes only; actions decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.accounts.models import User
from maillage.accounts.organizations import find_key, list_names
from maillage.accounts.queries import TrailFilter
from maillage.vocabulary.calendar import parse_day
from maillage.vocabulary.errors import Invalid, MaillageError


def add_problems(form: forms.Form, error: MaillageError) -> None:
    """Show a refusal of an action in the form: beside the field that it names, or on top."""
    problems = error.problems if isinstance(error, Invalid) else ()
    if not problems:
        form.add_error(None, error.message)
    for problem in problems:
        sentence = problem.message[:1].upper() + problem.message[1:]
        sentence = sentence if sentence.endswith(".") else f"{sentence}."
        form.add_error(problem.field if problem.field in form.fields else None, sentence)


CHOOSE = "Choisissez"
"""What a list says before the choice: nothing is chosen for want of attention."""


class DayField(forms.CharField):
    """A day as French people type it: 24/12/2026, or the ISO form of a date picker."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_day(text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class LastDayField(DayField):
    """The last day of a period, included, as people say it. Its value and its initial are the end
    that is kept: the day after, excluded."""

    def __init__(self, *, help_text: str = "Dernier jour compris.", **kwargs: Any) -> None:
        super().__init__(help_text=help_text, **kwargs)

    def to_python(self, value: Any) -> Any:
        last = super().to_python(value)
        if last is None:
            return None
        if last == date.max:
            raise forms.ValidationError("Cette date est trop lointaine.")
        return last + timedelta(days=1)

    def prepare_value(self, value: Any) -> Any:
        return value - timedelta(days=1) if isinstance(value, date) else value


class ProposingWidget(forms.TextInput):
    """A text field that proposes entries from an address; the identifier of the one chosen comes
    beside the typed text. Gives both, as a pair."""

    def __init__(self, address: Any) -> None:
        super().__init__({"autocomplete": "off"})
        self.address = address

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        text, code = value if isinstance(value, tuple) else (value or "", "")
        context = super().get_context(name, text, attrs)
        context["widget"]["attrs"] |= {
            "data-typeahead": f"{self.address}?q=",
            "data-typeahead-name": f"{name}_code",
            "data-typeahead-value": code,
        }
        return context

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> tuple[str, str]:
        return str(data.get(name) or "")[:200], str(data.get(f"{name}_code") or "")[:200]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data


class LogInForm(forms.Form):
    """Name and password. ``user`` is the person once the form is valid."""

    username = forms.CharField(
        label="Identifiant",
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label="Mot de passe",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        username, password = cleaned.get("username"), cleaned.get("password")
        if username and password:
            found = authenticate(self.request, username=username, password=password)
            if not isinstance(found, User):
                # The same words whether the account exists, is closed, or the password is wrong.
                raise forms.ValidationError("Identifiant ou mot de passe incorrect.")
            self.user = found
        return cleaned


class PasswordForm(forms.Form):
    """One's own new password, with the old one."""

    old = forms.CharField(
        label="Mot de passe actuel",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="Nouveau mot de passe",
        max_length=200,
        strip=False,
        help_text="Douze signes au moins. Une phrase de quelques mots convient bien.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Nouveau mot de passe, encore une fois",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old(self) -> str:
        """Asked through the log-in backends, so that guessing here is limited as it is there."""
        old = str(self.cleaned_data["old"])
        name = self.request.user.get_username()
        if authenticate(self.request, username=name, password=old) is None:
            raise forms.ValidationError("Ce n'est pas votre mot de passe actuel.")
        return old

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("new"):
            raise forms.ValidationError("Les deux saisies diffèrent.")
        return again


class KeyForm(forms.Form):
    """A new access key."""

    name = forms.CharField(
        label="À quoi sert la clé",
        max_length=80,
        help_text="Par exemple : « Logiciel de régulation ».",
    )
    days = forms.TypedChoiceField(
        label="Valable",
        coerce=int,
        choices=((30, "30 jours"), (90, "90 jours"), (366, "un an")),
        initial=90,
    )
    organization = forms.ChoiceField(
        label="Pour quel établissement",
        help_text="La clé n'agit que là : ailleurs, vos autres rôles ne lui servent pas.",
    )

    def __init__(
        self, *args: Any, places: Sequence[str], names: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared just above
        if len(places) == 1:  # nothing to choose
            del self.fields["organization"]
        else:
            known = [(place, names.get(place, place)) for place in places]
            field.choices = [("", "Choisissez"), *known]


class UserForm(forms.Form):
    """A new account."""

    username = forms.CharField(
        label="Identifiant",
        max_length=60,
        help_text="Minuscules sans accent, chiffres, points et tirets : « camille.martin ».",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    full_name = forms.CharField(label="Nom affiché", max_length=120)
    email = forms.EmailField(label="Courriel", required=False)


class GrantForm(forms.Form):
    """A role to give."""

    role = forms.TypedChoiceField(label="Rôle", coerce=Role, choices=Role.choices)
    organization = forms.CharField(
        label="Établissement",
        max_length=160,
        required=False,
        help_text="Son nom, ou son identifiant. Vide : tout le territoire.",
        widget=forms.TextInput(attrs={"list": "etablissements", "autocomplete": "off"}),
    )
    starts_on = DayField(label="À partir du", required=False)
    ends_on = DayField(
        label="Jusqu'au", required=False, help_text="Ce jour-là, le rôle n'est plus tenu."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organization"].widget.attrs |= {
            # The address of a room above, by its name only.
            "data-typeahead": f"{reverse('directory:organization-suggestions')}?q=",
            "data-typeahead-name": "organization_code",
            "data-typeahead-value": self.data.get("organization_code", ""),
        }

    def clean_organization(self) -> str:
        """The key: the one chosen in the list, else what was typed, key or name."""
        chosen = str(self.data.get("organization_code", "")).strip()
        try:
            return find_key(chosen or self.cleaned_data["organization"])
        except Invalid as error:
            raise forms.ValidationError(error.message) from error

    @property
    def names(self) -> dict[str, str]:
        """Organizations to choose from, by key."""
        return list_names()


class UserFilterForm(forms.Form):
    """Which accounts the list shows."""

    nom = forms.CharField(
        label="Nom ou identifiant",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    role = forms.ChoiceField(
        label="Rôle", required=False, choices=[("", "Tous les rôles"), *Role.choices]
    )
    etat = forms.ChoiceField(
        label="État",
        required=False,
        choices=(("", "Tous"), ("actifs", "Actifs"), ("fermes", "Fermés")),
    )


class TrailFilterForm(forms.Form):
    """Which lines of the trail are shown. The days are included."""

    qui = forms.CharField(
        label="Qui", max_length=60, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    acte = forms.ChoiceField(label="Acte", required=False)
    objet = forms.CharField(
        label="Objet",
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    du = DayField(label="Du", required=False)
    au = DayField(label="Au", required=False)

    def __init__(self, *args: Any, actions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["acte"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared just above
        field.choices = [("", "Tous les actes"), *actions]

    def as_filter(self) -> TrailFilter:
        """The filter; an entry that is wrong is left out (its error shows beside it)."""
        self.is_valid()
        cleaned = self.cleaned_data
        return TrailFilter(
            who=(cleaned.get("qui") or "").strip(),
            act=cleaned.get("acte") or "",
            subject=(cleaned.get("objet") or "").strip(),
            first=cleaned.get("du"),
            last=cleaned.get("au"),
        )
