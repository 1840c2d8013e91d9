"""The form of a request: what is chosen, the questions of the step, whom to ask, what the patient
was told. Nothing typed is lost: a draft may be incomplete, only sending asks for everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from maillage.coverage.forms.asking import InstantField
from maillage.referrals.actions.requests import RequestDraft
from maillage.referrals.enums import (
    Deviation,
    HubCareLevel,
    HubDelay,
    Kind,
    PatientAgreement,
    Priority,
    Transport,
)
from maillage.referrals.models import Referral
from maillage.referrals.queries.request_page import Asked, Setting
from maillage.referrals.rules.questions import Answer, Question, read_answer
from maillage.referrals.rules.routes import ProposedLine
from maillage.vocabulary.calendar import to_paris
from maillage.vocabulary.errors import Invalid

PREFIX = "q_"
"""Before the key of a question, in the names of the fields."""

KEPT_WHOLE = ("jeton", "organisation", "filiere", "etape", "nature", "priorite", "equipe")
"""What even a draft must say: the clock that reminds of it hangs on its priority, and the list of
drafts says of which team."""

ALWAYS_SHOWN = 8
"""Questions of a template that are never folded; the others are one tap away."""

LINES_SHOWN, WAITING_SHOWN = 4, 3
"""Teams that the page shows at once; the others are folded (``request_teams.html``)."""

NOT_YET = [("", "Choisir…")]
OLDEST = 120

CARE_LEVELS = {
    Priority.P0: HubCareLevel.R1,
    Priority.P1: HubCareLevel.R2,
    Priority.P2: HubCareLevel.R3,
    Priority.P3: HubCareLevel.R3,
}
DELAYS = {
    Priority.P0: HubDelay.DEL0,
    Priority.P1: HubDelay.ASAP,
    Priority.P2: HubDelay.H4,
    Priority.P3: HubDelay.RDV,
}
"""What is written first in a transfer of each priority; the doctor changes it. Our choice."""


class SettingForm(forms.Form):
    """What is chosen so far, read without complaint: what does not make sense is not chosen yet."""

    organisation = forms.CharField(max_length=80, required=False)
    service = forms.CharField(max_length=80, required=False)
    filiere = forms.CharField(max_length=60, required=False)
    etape = forms.IntegerField(min_value=1, max_value=99, required=False)
    etape_usuelle = forms.IntegerField(min_value=1, max_value=99, required=False)
    nature = forms.ChoiceField(choices=Kind.choices, required=False)
    priorite = forms.ChoiceField(choices=Priority.choices, required=False)
    age = forms.IntegerField(min_value=0, max_value=OLDEST, required=False)
    le = InstantField(required=False)

    def __init__(self, data: Mapping[str, Any], *, now: datetime) -> None:
        super().__init__(data)
        field = self.fields["le"]
        if isinstance(field, InstantField):
            field.now = now

    def asked(self) -> Asked:
        """The values that make sense."""
        self.full_clean()
        found = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None)
        }
        kind, priority = found.get("nature"), found.get("priorite")
        step = found.get("etape")
        if self.data.get("acte") == "proposer" and step == found.get("etape_usuelle"):
            # Nobody chose it: another choice may have another usual step.
            step = None
        return Asked(
            organization=found.get("organisation", ""),
            service=found.get("service", ""),
            pathway=found.get("filiere", ""),
            step=step,
            kind=Kind(kind) if kind else None,
            priority=Priority(priority) if priority else None,
            at=found.get("le"),
            age=found.get("age"),
        )


class RequestForm(forms.Form):
    """One request. ``setting`` is what the page shows for what is chosen; ``sending`` asks for all
    that the recourse team needs, a draft for nothing."""

    organisation = forms.ChoiceField(label="Au nom de")
    service = forms.ChoiceField(label="Votre service", required=False)
    filiere = forms.ChoiceField(
        label="Filière", error_messages={"required": "Choisissez la filière."}
    )
    etape = forms.TypedChoiceField(
        label="Étape demandée", coerce=int, error_messages={"required": "Choisissez l'étape."}
    )
    nature = forms.ChoiceField(label="Vous demandez", choices=Kind.choices)
    priorite = forms.ChoiceField(
        label="Priorité",
        choices=Priority.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la priorité."},
    )
    age = forms.IntegerField(
        label="Âge du patient",
        min_value=0,
        max_value=OLDEST,
        help_text="Sa date de naissance n'est pas connue.",
        error_messages={"required": "Indiquez l'âge, en années."},
    )
    le = InstantField(
        label="Pour quand",
        required=False,
        help_text="Vide : maintenant. Comme vous l'écrivez : demain 9h, 24/12/2026 3h.",
    )
    motif = forms.CharField(
        label="Motif, question posée",
        max_length=240,
        error_messages={"required": "Écrivez en une phrase ce que vous demandez."},
    )
    resume = forms.CharField(
        label="Résumé clinique",
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    traitements = forms.CharField(
        label="Traitements en cours",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    allergies = forms.CharField(label="Allergies", max_length=240, required=False)
    equipe = forms.CharField(
        label="Équipe sollicitée",
        max_length=80,
        error_messages={"required": "Choisissez l'équipe à qui adresser la demande."},
    )
    aussi = forms.MultipleChoiceField(label="Demander aussi à", required=False)
    ecart = forms.ChoiceField(
        label="Pourquoi une autre équipe que la première proposée",
        choices=[*NOT_YET, *Deviation.choices],
        required=False,
    )
    ecart_precision = forms.CharField(label="Précision", max_length=240, required=False)
    seance = forms.ChoiceField(label="Séance de RCP", required=False)
    accord = forms.ChoiceField(
        label="Information du patient",
        choices=PatientAgreement.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites ce que le patient, ou un proche, sait et accepte."},
    )
    vital = forms.BooleanField(
        label="Urgence vitale",
        required=False,
        help_text="Le patient ne peut pas attendre d'être informé : l'équipe lit son dossier.",
    )
    soins = forms.ChoiceField(
        label="Niveau de soins", choices=[*NOT_YET, *HubCareLevel.choices], required=False
    )
    delai = forms.ChoiceField(
        label="Délai de départ souhaité", choices=[*NOT_YET, *HubDelay.choices], required=False
    )
    accompagnement = forms.ChoiceField(
        label="Accompagnement proposé",
        choices=[("", "À décider avec la régulation"), *Transport.choices],
        required=False,
    )
    risque = forms.CharField(label="Risque pendant le trajet", max_length=240, required=False)
    retour_heures = forms.IntegerField(
        label="Retour attendu sous (heures)",
        min_value=1,
        max_value=9999,
        required=False,
        help_text="Une fois le patient médicalement prêt.",
    )
    rappel = forms.CharField(
        label="Téléphone de rappel",
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": "Indiquez le numéro où vous rappeler maintenant."},
    )
    premiere = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    jeton = forms.CharField(max_length=64, widget=forms.HiddenInput)
    depuis = forms.CharField(max_length=10, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        setting: Setting,
        sending: bool = True,
        now: datetime,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), use_required_attribute=False)
        self.setting, self.sending, self.now = setting, sending, now
        self.questions: tuple[Question, ...] = (
            setting.template.questions if setting.template else ()
        )
        self._fill_choices()
        for question in self.questions:
            self.fields[PREFIX + question.key] = question_field(question)
        at = self.fields["le"]
        if isinstance(at, InstantField):
            at.now = now
        if setting.patient.birth_date is not None:
            del self.fields["age"]
        if not sending:
            for name, one in self.fields.items():
                one.required = one.required and name in KEPT_WHOLE

    def _fill_choices(self) -> None:
        setting = self.setting
        self._choose("organisation", [(o.slug, o.short_name) for o in setting.organizations])
        sites = {service.site_id for service in setting.services}
        services = [
            (one.slug, f"{one.name}, {one.site.name}" if len(sites) > 1 else one.name)
            for one in setting.services
        ]
        self._choose("service", [("", "Non précisé"), *services])
        self._choose("filiere", [*NOT_YET, *setting.pathways])
        steps = [(step.order, f"{step.order}. {step.name}") for step in setting.steps]
        self._choose("etape", steps)
        sessions = [
            (
                str(one.pk),
                f"{one.name}, {one.service.site.name}, {to_paris(one.starts_at):%d/%m/%Y %Hh%M}",
            )
            for one in setting.sessions
        ]
        self._choose("seance", [("", "La prochaine possible"), *sessions])
        lines = setting.proposal.askable if setting.proposal else ()
        self._choose("aussi", [(line.service, line.name) for line in lines])

    def _choose(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def asked_first(self) -> list[forms.BoundField]:
        """The fields of the questions that come first: what is waited for, and what the template
        puts at its head."""
        return [self[PREFIX + question.key] for question in self._first_questions()]

    @property
    def asked_next(self) -> list[forms.BoundField]:
        """The fields of the other questions, folded until one is filled or wrong."""
        first = {question.key for question in self._first_questions()}
        return [self[PREFIX + q.key] for q in self.questions if q.key not in first]

    @property
    def opens_next(self) -> bool:
        """True when something in the folded questions must be seen."""
        return any(field.errors or field.value() for field in self.asked_next)

    def _first_questions(self) -> list[Question]:
        return [
            question
            for rank, question in enumerate(self.questions)
            if question.required or rank < ALWAYS_SHOWN
        ]

    @property
    def chosen(self) -> str:
        """The team marked on the page: the one typed while it is still proposed, else the first."""
        typed = str(self["equipe"].value() or "")
        if self._line(typed) is not None:
            return typed
        return self.setting.first.service if self.setting.first else ""

    @property
    def chosen_group(self) -> str:
        """Where the team marked on the page stands, so that a folded list opens on it: ``far`` and
        ``late`` are the ends of the lists of open and of closed teams."""
        proposal = self.setting.proposal
        if proposal is None:
            return ""
        groups = {
            "far": proposal.lines[LINES_SHOWN:],
            "late": proposal.waiting[WAITING_SHOWN:],
            "outside": proposal.outside,
            "left_out": proposal.left_out,
        }
        marked = {self.chosen, *self.also}
        found = [name for name, lines in groups.items() if marked & {one.service for one in lines}]
        return " ".join(found)

    @property
    def also(self) -> list[str]:
        """The other teams marked on the page."""
        return [str(value) for value in self["aussi"].value() or []]

    def _line(self, service: str) -> ProposedLine | None:
        return self.setting.proposal.find(service) if self.setting.proposal else None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values["answers"] = self._clean_answers()
        self._clean_teams(values)
        if self.sending:
            self._clean_agreement(values)
        return values

    def _clean_answers(self) -> dict[str, str | list[str]]:
        found: dict[str, str | list[str]] = {}
        for question in self.questions:
            name = PREFIX + question.key
            if name not in self.cleaned_data:
                continue
            try:
                answer = read_answer(question, self.cleaned_data[name], now=self.now)
            except Invalid as error:
                self.add_error(name, error.message)
                continue
            if answer:
                found[question.key] = answer
        return found

    def _clean_teams(self, values: dict[str, Any]) -> None:
        service = values.get("equipe", "")
        line = self._line(service)
        if service and line is None:
            self.add_error("equipe", "Cette équipe n'est plus proposée : choisissez de nouveau.")
        values["line"] = line
        others = values.get("aussi") or []
        if values.get("nature") != Kind.TRANSFER:
            others = []
        found = [self._line(one) for one in dict.fromkeys(others) if one != service]
        values["other_lines"] = [one for one in found if one is not None]
        first = self.setting.first
        if line is None or first is None or line.service in self.setting.expected:
            values["ecart"] = values["ecart_precision"] = ""
        elif self.sending and not values.get("ecart"):
            self.add_error(
                "ecart",
                f"La première équipe proposée est {first.name}, {first.site} : dites pourquoi.",
            )
        elif (
            self.sending
            and values.get("ecart") == Deviation.OTHER
            and not values.get("ecart_precision")
        ):
            self.add_error("ecart_precision", "Précisez ce motif en quelques mots.")

    def _clean_agreement(self, values: dict[str, Any]) -> None:
        said = values.get("accord")
        if said == PatientAgreement.REFUSES:
            self.add_error(
                "accord",
                "Le patient refuse : la demande ne peut pas être envoyée. "
                "Elle peut être gardée en brouillon.",
            )
        if said == PatientAgreement.UNABLE and not values.get("vital"):
            self.add_error(
                "vital",
                "Sans information du patient ni d'un proche, seule l'urgence vitale permet "
                "d'envoyer son dossier : cochez-la, ou dites qui a été informé.",
            )


def question_field(question: Question) -> forms.Field:
    """The field of a question. Its answer is read by the rule (``read_answer``)."""
    label = f"{question.label} ({question.unit})" if question.unit else question.label
    asked: dict[str, Any] = {
        "label": f"{label} · attendu" if question.required else label,
        "required": question.required,
        "help_text": question.help,
        "error_messages": {"required": "Réponse attendue par l'équipe sollicitée."},
    }
    if question.kind is Answer.CHOICE:
        return forms.ChoiceField(choices=[*NOT_YET, *question.choices], **asked)
    if question.kind is Answer.CHOICES:
        return forms.MultipleChoiceField(
            choices=question.choices, widget=forms.CheckboxSelectMultiple, **asked
        )
    if question.kind is Answer.LONG:
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), **asked)
    attributes = {"autocomplete": "off"}
    if question.kind is Answer.NUMBER:
        attributes["inputmode"] = "decimal" if question.decimals else "numeric"
    return forms.CharField(widget=forms.TextInput(attrs=attributes), **asked)


def typed_answer(question: Question, answer: str | list[str]) -> str | list[str]:
    """An answer kept, as its field shows it: an instant the way people type it."""
    if question.kind is not Answer.INSTANT or not isinstance(answer, str):
        return answer
    try:
        return f"{to_paris(datetime.fromisoformat(answer)):%d/%m/%Y %Hh%M}"
    except ValueError:
        return answer


def first_values(
    setting: Setting, *, token: str, start: RequestDraft | None = None
) -> dict[str, Any]:
    """What a new request shows before anything is typed: what is known of the case that it follows
    (``start``), of the doctor's last request and of the pathway."""
    values: dict[str, Any] = {
        **_chosen_values(setting),
        "jeton": token,
        "rappel": setting.callback_phone,
    }
    if start is not None and start.previous is not None:
        values |= {
            "depuis": start.previous.key,
            "motif": start.question,
            "resume": start.summary,
            "traitements": start.treatments,
            "allergies": start.allergies,
            "vital": start.is_vital,
            "rappel": start.callback_phone or setting.callback_phone,
        }
        values |= _answer_values(setting, start.answers)
    return {**values, **_transfer_values(setting, values)}


def draft_values(setting: Setting, draft: Referral) -> dict[str, Any]:
    """A draft, as its page shows it."""
    case = draft.case
    values: dict[str, Any] = {
        **_chosen_values(setting),
        "jeton": draft.token,
        "version": draft.version,
        "motif": case.question,
        "resume": case.summary,
        "traitements": case.treatments,
        "allergies": case.allergies,
        "equipe": draft.to_service.slug,
        "aussi": draft.route.get("also", []),
        "ecart": draft.deviation,
        "ecart_precision": draft.deviation_text,
        "seance": str(draft.session_id or ""),
        "accord": draft.patient_agreement,
        "vital": draft.is_vital,
        "soins": draft.hub_care_level,
        "delai": draft.hub_delay,
        "accompagnement": draft.transport,
        "risque": draft.transport_risk,
        "retour_heures": draft.return_within_hours,
        "rappel": draft.callback_phone,
        "service": draft.from_service.slug if draft.from_service else "",
    }
    return values | _answer_values(setting, case.answers)


def again_values(setting: Setting, typed: QueryDict) -> dict[str, Any]:
    """What was typed, shown again after another choice: everything stays, but a team that was only
    the first proposed gives way to the new first one."""
    values: dict[str, Any] = {
        name: typed.getlist(name) if name in _lists(setting) else typed.get(name) for name in typed
    }
    values |= _chosen_values(setting)
    values["le"] = typed.get("le", "")
    if values.get("equipe") == values.get("premiere"):
        values["equipe"] = ""
    return {**values, **_transfer_values(setting, values)}


def _lists(setting: Setting) -> set[str]:
    """The names of the fields that hold several values."""
    questions = setting.template.questions if setting.template else ()
    return {"aussi", *(PREFIX + q.key for q in questions if q.kind is Answer.CHOICES)}


def _chosen_values(setting: Setting) -> dict[str, Any]:
    return {
        "organisation": setting.organization.slug,
        "service": setting.service.slug if setting.service else "",
        "filiere": setting.pathway.slug if setting.pathway else "",
        "etape": setting.step.order if setting.step else "",
        "nature": setting.kind.value,
        "priorite": setting.priority.value if setting.priority else "",
        "age": setting.age,
    }


def _answer_values(setting: Setting, answers: Mapping[str, Any]) -> dict[str, Any]:
    questions = setting.template.questions if setting.template else ()
    return {
        PREFIX + question.key: typed_answer(question, answers[question.key])
        for question in questions
        if question.key in answers
    }


def _transfer_values(setting: Setting, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What is written first of a transfer, where nothing is typed yet."""
    if setting.kind is not Kind.TRANSFER or setting.priority is None:
        return {}
    usual: dict[str, Any] = {
        "soins": CARE_LEVELS[setting.priority].value,
        "delai": DELAYS[setting.priority].value,
        "retour_heures": setting.return_within_hours,
    }
    return {name: value for name, value in usual.items() if value and not typed.get(name)}


def with_start(asked: Asked, start: RequestDraft | None) -> Asked:
    """What the address chose, completed by the request that this one follows."""
    if start is None:
        return asked
    service = start.from_service.slug if start.from_service else ""
    return replace(
        asked,
        organization=start.from_organization.slug,
        service=asked.service or service,
        pathway=asked.pathway or start.pathway.slug,
        step=asked.step or start.step_order,
        kind=start.kind,
        priority=asked.priority or start.priority,
    )


def asked_of(draft: Referral) -> Asked:
    """What a draft chose."""
    return Asked(
        organization=draft.from_organization.slug,
        service=draft.from_service.slug if draft.from_service else "",
        pathway=draft.pathway.slug,
        step=draft.step_order,
        kind=Kind(draft.kind),
        priority=Priority(draft.priority),
    )
