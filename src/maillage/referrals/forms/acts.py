"""The small form of each act on a request: shapes only, the actions decide.

The names of the fields are those of the values that ``actions.acts`` reads. Every form carries the
version of the request that it was drawn for: a page that is behind cannot overwrite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms

from maillage.referrals.enums import (
    Act,
    HubCareLevel,
    HubDelay,
    Kind,
    Priority,
    Reason,
    State,
    Transport,
)
from maillage.vocabulary.calendar import parse_instant, to_paris
from maillage.vocabulary.errors import Invalid

LONGEST_INSTANT = 40
LONGEST_TEXT = 4000
LONGEST_ANSWER = 20_000
LONGEST_REASON = 400
INSTANT_HELP = "Comme vous l'écrivez : 4h15, demain 9h, dans 45 min, 24/12/2026 18h30."

REFUSALS = (
    Reason.NO_BED,
    Reason.NO_TEAM,
    Reason.NOT_INDICATED,
    Reason.OTHER_LEVEL,
    Reason.OTHER_SPECIALTY,
    Reason.TOO_UNSTABLE,
    Reason.OTHER,
)
WITHDRAWALS = (
    Reason.IMPROVED,
    Reason.PATIENT_REFUSES,
    Reason.TOO_UNSTABLE,
    Reason.DECEASED,
    Reason.MISTAKE,
    Reason.OTHER,
)
DECLINED_TRANSPORTS = (Reason.TOO_UNSTABLE, Reason.NO_TEAM, Reason.NOT_INDICATED, Reason.OTHER)

_DELAY = re.compile(r"(?:dans\s+)?(\d{1,4})\s*(?:min|mn|minutes?)", re.IGNORECASE)
_HOURS = re.compile(r"dans\s+(\d{1,2})\s*h(?:eures?)?\s*(\d{2})?", re.IGNORECASE)


def read_instant(text: str, now: datetime) -> datetime:
    """An instant as people say it at night: an hour, a day and an hour, or a wait (« dans 45
    min », « dans 1 h 30 »). Raises :class:`Invalid`."""
    cleaned = text.strip()
    if found := _DELAY.fullmatch(cleaned):
        return now + timedelta(minutes=int(found[1]))
    if found := _HOURS.fullmatch(cleaned):
        return now + timedelta(hours=int(found[1]), minutes=int(found[2] or 0))
    return parse_instant(cleaned[:LONGEST_INSTANT], now=now)


class SpokenInstantField(forms.Field):
    """An instant, read at the instant of the request (``now``, set by the form)."""

    widget = forms.TextInput(attrs={"autocomplete": "off"})
    now: datetime

    def prepare_value(self, value: Any) -> Any:
        """An instant already known is shown as people type it, in Paris time."""
        return f"{to_paris(value):%d/%m/%Y %Hh%M}" if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return read_instant(text, self.now)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


def _words(label: str, *, rows: int = 3, required: bool = True, most: int = LONGEST_TEXT) -> Any:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _reasons(chosen: Sequence[Reason]) -> Any:
    return forms.ChoiceField(
        label="Motif",
        choices=[("", "Choisissez un motif"), *[(one.value, one.label) for one in chosen]],
    )


class ActForm(forms.Form):
    """The form of an act: its own fields, and the version that it was drawn for."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        now: datetime,
        services: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (),
        sessions: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, SpokenInstantField):
                field.now = now
        if "proposed_service" in self.fields:
            choices = [("", "Choisissez une équipe"), *services]
            self.fields["proposed_service"].choices = choices  # type: ignore[attr-defined]
        if isinstance(self.fields.get("session"), forms.ChoiceField):
            choices = [("", "Choisissez une séance"), *sessions]
            self.fields["session"].choices = choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What was given, once valid, by the names that the action reads; empty ones left out."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "version" and value not in ("", None)
        }


class BareForm(ActForm):
    """An act that needs nothing."""


class AskInfoForm(ActForm):
    """What is missing to answer."""

    text = _words("Ce qu'il manque pour répondre")


class GiveInfoForm(ActForm):
    """What was missing."""

    text = _words("Vos précisions", rows=4)


class AnswerForm(ActForm):
    """The opinion: its conclusion, and the report when there is one."""

    conclusion = forms.CharField(
        label="Conclusion",
        max_length=LONGEST_TEXT,
        help_text="Ce que le demandeur doit faire, en premier.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    report = forms.CharField(
        label="Compte rendu",
        max_length=LONGEST_ANSWER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class AcceptMedicallyForm(ActForm):
    """The medical acceptance of a transfer."""

    text = _words("Consignes avant et pendant le trajet", rows=3, required=False)


class BedForm(ActForm):
    """The bed that waits for the patient."""

    bed = forms.CharField(
        label="Lit",
        max_length=80,
        help_text="Unité et lit, comme l'équipe qui amène le patient doit les lire.",
    )
    text = _words("Précision", rows=2, required=False)


class RefuseForm(ActForm):
    """A refusal, with its reason."""

    reason = _reasons(REFUSALS)
    text = _words("Précision pour le demandeur", required=False, most=LONGEST_REASON)


class RedirectForm(ActForm):
    """Another team, proposed with a reason. The requester decides."""

    proposed_service = forms.ChoiceField(label="Équipe proposée")
    reason = _reasons(REFUSALS)
    text = _words("Précision pour le demandeur", required=False, most=LONGEST_REASON)


class ScheduleForm(ActForm):
    """The hour and place of a consultation."""

    scheduled_at = SpokenInstantField(
        label="Le", help_text="Comme vous l'écrivez : 24/12/2026 14h30."
    )
    scheduled_place = forms.CharField(label="Lieu", max_length=120, required=False)
    text = _words("Précision", rows=2, required=False)


class RegisterForm(ActForm):
    """The session at which a request is discussed."""

    session = forms.ChoiceField(
        label="Séance", help_text="Les séances à venir de l'équipe sollicitée."
    )
    text = _words("Précision", rows=2, required=False)


class RegisterHereForm(ActForm):
    """The session whose page it is."""

    session = forms.CharField(max_length=12, widget=forms.HiddenInput)


class ReprioritiseForm(ActForm):
    """Another priority, and why."""

    priority = forms.ChoiceField(
        label="Nouvelle priorité", choices=[("", "Choisissez"), *Priority.choices]
    )
    text = _words("Pourquoi", rows=2)


class TakeBackForm(ActForm):
    """An acceptance taken back before the vehicle leaves: argued."""

    reason = _reasons(REFUSALS)
    text = _words("Pourquoi l'accord est retiré", most=LONGEST_REASON)


class OrderTransportForm(ActForm):
    """The transport that is asked for."""

    transport = forms.ChoiceField(
        label="Accompagnement", choices=[("", "Choisissez"), *Transport.choices]
    )
    transport_risk = forms.CharField(
        label="Risque pendant le trajet", max_length=240, required=False
    )
    hub_care_level = forms.ChoiceField(
        label="Niveau de soins",
        required=False,
        choices=[("", "Non précisé"), *HubCareLevel.choices],
    )
    hub_delay = forms.ChoiceField(
        label="Délai demandé", required=False, choices=[("", "Non précisé"), *HubDelay.choices]
    )


class EngageForm(ActForm):
    """The vehicle that is sent, and when it will bring the patient."""

    arrives_at = SpokenInstantField(label="Arrivée prévue", help_text=INSTANT_HELP)
    leaves_at = SpokenInstantField(label="Départ prévu", required=False)
    vehicle = forms.CharField(label="Véhicule", max_length=80, required=False)
    samu_reference = forms.CharField(label="Numéro de dossier SAMU", max_length=40, required=False)


class DepartForm(ActForm):
    """The patient has left."""

    arrives_at = SpokenInstantField(label="Arrivée prévue", help_text=INSTANT_HELP)
    vehicle = forms.CharField(label="Véhicule", max_length=80, required=False)


class DeclineTransportForm(ActForm):
    """Why the regulation does not send this transport: argued, traced."""

    reason = _reasons(DECLINED_TRANSPORTS)
    text = _words("Argument de la régulation", most=LONGEST_REASON)


class CancelForm(ActForm):
    """Why the requester withdraws."""

    reason = _reasons(WITHDRAWALS)
    text = _words("Précision", rows=2, required=False, most=LONGEST_REASON)


FORMS: Mapping[Act, type[ActForm]] = {
    Act.SEND: BareForm,
    Act.SEE: BareForm,
    Act.ASK_INFO: AskInfoForm,
    Act.GIVE_INFO: GiveInfoForm,
    Act.ANSWER: AnswerForm,
    Act.ACCEPT: BedForm,
    Act.ACCEPT_MEDICALLY: AcceptMedicallyForm,
    Act.ACCEPT_BED: BedForm,
    Act.REFUSE: RefuseForm,
    Act.REDIRECT: RedirectForm,
    Act.SCHEDULE: ScheduleForm,
    Act.ORDER_TRANSPORT: OrderTransportForm,
    Act.DECLINE_TRANSPORT: DeclineTransportForm,
    Act.ENGAGE: EngageForm,
    Act.DEPART: DepartForm,
    Act.ARRIVE: BareForm,
    Act.TAKE_OVER: BareForm,
    Act.REROUTE: BareForm,
    Act.CLOSE: BareForm,
    Act.REPRIORITISE: ReprioritiseForm,
    Act.CANCEL: CancelForm,
}
"""The form of each act that a person does."""

FORMS_OF_STATE: Mapping[tuple[Act, State], type[ActForm]] = {
    (Act.REFUSE, State.ACCEPTED): TakeBackForm,
    (Act.REFUSE, State.ORDERED): TakeBackForm,
}
"""Where an act asks for more than elsewhere."""


def form_of(act: Act, kind: Kind, state: State) -> type[ActForm]:
    """The form of an act on a request of this kind in this state."""
    if act is Act.SCHEDULE and kind is Kind.MEETING:
        return RegisterForm
    return FORMS_OF_STATE.get((act, state), FORMS[act])


DANGEROUS = frozenset({Act.REFUSE, Act.CANCEL, Act.DECLINE_TRANSPORT})
QUESTIONS: Mapping[Act, str] = {
    Act.TAKE_OVER: "Le patient est pris en charge par votre équipe ? La demande sera close.",
    Act.CLOSE: "Clore cette demande ? La réponse reste lisible.",
    Act.REROUTE: "Clore cette demande pour adresser le patient à une autre équipe ?",
}
"""What is asked before an act of one press that ends a request."""

LAST = (Act.ASK_INFO, Act.REPRIORITISE, Act.REDIRECT, Act.REFUSE, Act.DECLINE_TRANSPORT, Act.CANCEL)
"""Acts that come after the others, and are never the first thing offered."""


@dataclass(frozen=True)
class Button:
    """An act as a page offers it: its form, and how it looks. ``question`` is asked before;
    ``opened``: the form is shown at once, with what was typed."""

    act: Act
    label: str
    form: ActForm
    refused: str = ""
    kind: str = ""
    question: str = ""
    opened: bool = False

    @property
    def is_bare(self) -> bool:
        """True when one press is enough."""
        return not self.form.visible_fields()


class MessageForm(forms.Form):
    """A message to the other side. ``jeton`` makes the same post exist once."""

    texte = forms.CharField(
        label="Message", max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )
    jeton = forms.CharField(max_length=64, widget=forms.HiddenInput)


NEVER_PREFILLED = frozenset({"version", "reason", "text", "conclusion", "report", "priority"})


def prefilled(form: type[ActForm], known: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of an act starts with: what the request already holds under the same names,
    and nothing that must be said anew."""
    return {
        name: known[name]
        for name in form.base_fields
        if known.get(name) and name not in NEVER_PREFILLED
    }
