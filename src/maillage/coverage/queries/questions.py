"""The questions that pages, programs and the command line put to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from maillage.coverage.queries.network import Loaded, load_network
from maillage.coverage.queries.ways import draw_way
from maillage.coverage.rules import AnswerView, Stop, describe, without_roster
from maillage.engines.routing import Demand, repairs, resolve
from maillage.pathways.models import Pathway
from maillage.pathways.queries import search_pathways
from maillage.territory.models import Commune
from maillage.territory.queries import find_commune, get_commune, search_communes
from maillage.territory.rules.maps import MapView
from maillage.vocabulary.calendar import is_repeated, local_day, parse_instant, to_paris
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.search import fold

CHOICES = 8


def address_instant(at: datetime) -> str:
    """An instant as addresses hold it: Paris time, with its offset only in the hour that October
    repeats, where the time alone would be ambiguous."""
    text = to_paris(at).strftime("%Y-%m-%dT%H:%M")
    exact = parse_instant(text) == at.replace(second=0, microsecond=0)
    return text if exact else to_paris(at).isoformat(timespec="minutes")


@dataclass
class Question:
    """What was asked, what was understood, and the answer when all of it was."""

    commune: Commune | None = None
    pathway: Pathway | None = None
    age: int | None = None
    at: datetime | None = None
    at_text: str = ""
    commune_text: str = ""
    need_text: str = ""
    view: AnswerView | None = None
    map: MapView | None = None
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    other_pass: str = ""
    choices_title: str = ""
    choices: list[tuple[str, str]] = field(default_factory=list)

    @property
    def commune_value(self) -> str:
        return self.commune.code if self.commune else ""

    @property
    def need_value(self) -> str:
        return self.pathway.slug if self.pathway else ""

    @property
    def parameters(self) -> dict[str, str]:
        """The question as an address holds it; the instant in Paris time, to the minute."""
        return {
            "commune": self.commune_value,
            "besoin": self.need_value,
            "age": "" if self.age is None else str(self.age),
            "le": address_instant(self.at) if self.at else "",
        }

    @property
    def permalink(self) -> str:
        return f"{reverse('coverage:who')}?{urlencode(self.parameters)}"

    @property
    def compare_url(self) -> str:
        words = {
            "commune": self.commune_value,
            "age": self.age or "",
            "apres": self.parameters["le"],
        }
        words["avant"] = words["apres"]
        return f"{reverse('coverage:compare')}?{urlencode(words)}"


def answer_demand(
    loaded: Loaded, *, commune: str, pathway: str, age: int, at: datetime, with_repairs: bool = True
) -> AnswerView:
    """The answer to one demand, in words, with the clauses that would mend its holes. Where no
    roster is recorded, a hole that one could have filled is « non connu ».

    Raises :class:`Invalid` when the network does not know the commune or the pathway.
    """
    demand = Demand(commune=commune, pathway=pathway, age=age, at=at)
    view = describe(
        resolve(loaded.network, demand),
        loaded.names,
        margin_minutes=loaded.network.travel.margin_minutes,
        travel_source=loaded.travel_source,
        revision=loaded.revision,
        mendings=repairs(loaded.network, demand) if with_repairs else (),
    )
    return view if loaded.has_roster(at) else without_roster(view)


def get_answer_record(*, commune: str, pathway: str, age: int, at: datetime) -> dict[str, Any]:
    """The answer to one demand as plain values: the engine's own record, the team of each step with
    what is needed to ring it, the clauses that would mend it, and where it comes from.

    ``has_roster`` says whether a duty slot is recorded around the instant. Without one, a hole that
    a roster could have filled is not known to be one: its step is not ``is_known``, and no clause
    is said to mend it. Raises :class:`NotFound` on an unknown commune or pathway, :class:`Invalid`
    on an impossible age."""
    loaded = load_network(at)
    view = answer_demand(
        loaded, commune=commune, pathway=pathway, age=age, at=at, with_repairs=False
    )
    record = view.answer.as_dict()
    for step, words in zip(record["steps"], view.steps, strict=True):
        step["name"] = words.name
        step["is_known"] = words.is_known
        step["team"] = _team(words.last) if words.last else None
    found = repairs(loaded.network, Demand(commune=commune, pathway=pathway, age=age, at=at))
    unknown = {step.order for step in view.steps if not step.is_known}
    return {
        **record,
        "has_roster": loaded.has_roster(at),
        "revision": loaded.revision,
        "travel_source": loaded.travel_source,
        "margin_minutes": loaded.network.travel.margin_minutes,
        "repairs": [
            {
                "step": repair.step,
                "from_organization": repair.from_organization,
                "to_organization": repair.to_organization,
                "care_type": repair.care_type,
                "verdict": str(repair.verdict),
                "minutes_from_commune": repair.minutes_from_commune,
            }
            for repair in found
            if repair.step not in unknown
        ],
    }


def _team(stop: Stop) -> dict[str, Any]:
    until = stop.slot.ends_at if stop.slot else None
    return {
        "name": stop.service.name,
        "site": stop.service.site,
        "site_finess": stop.service.site_finess,
        "organization": stop.service.organization,
        "phone": stop.service.phone or stop.service.site_phone,
        "duty_line": stop.line.name if stop.line else None,
        "duty_phone": stop.line.phone if stop.line else None,
        "duty_holder": stop.person.name if stop.person else None,
        "duty_until": to_paris(until).isoformat() if until else None,
        "basis_text": stop.basis,
        "agreement": stop.clause.agreement_slug if stop.clause else None,
    }


def get_question(values: Mapping[str, Any], *, now: datetime) -> Question:
    """What a form or an address asks. ``values`` are those of ``DemandForm``, or empty.

    A text that names several communes or needs gives ``choices``; one that names none, a problem.
    """
    question = Question()
    if not values:
        return question
    question.age = values["age"]
    question.at = values["le"] or now.replace(second=0, microsecond=0)
    question.at_text = to_paris(question.at).strftime("%d/%m/%Y %Hh%M") if values["le"] else ""
    find_place(question, values)
    _find_need(question, values)
    if question.commune is None or question.pathway is None:
        return question
    loaded = load_network(question.at)
    if question.pathway.slug not in loaded.pathways:
        question.problems.append(
            f"La filière « {question.pathway.name} » n'a pas de version en vigueur ce jour-là."
        )
        return question
    _note_the_hour(question, question.at, loaded)
    question.view = answer_demand(
        loaded,
        commune=question.commune.code,
        pathway=question.pathway.slug,
        age=question.age,
        at=question.at,
    )
    question.map = draw_way(question.commune, question.view)
    return question


def _note_the_hour(question: Question, at: datetime, loaded: Loaded) -> None:
    """Say what is unusual about the instant: an hour that clocks show twice, a day for which no
    duty slot was ever entered."""
    if is_repeated(at):
        is_first = to_paris(at).fold == 0
        other = at + timedelta(hours=1 if is_first else -1)
        which = "au premier" if is_first else "au second"
        question.notices.append(
            f"Les horloges montrent cette heure deux fois (passage à l'heure d'hiver) : la réponse "
            f"vaut {which} passage."
        )
        words = {**question.parameters, "le": to_paris(other).isoformat(timespec="minutes")}
        question.other_pass = f"{reverse('coverage:who')}?{urlencode(words)}"
    if not loaded.has_roster(at):
        question.notices.append(
            "Aucun tour de garde n'est saisi autour de cette date : la réponse ne connaît que les "
            "heures d'ouverture des services."
        )


def find_place(question: Question, values: Mapping[str, Any]) -> None:
    text = values.get("commune_texte") or ""
    question.commune_text = text
    if code := values.get("commune"):
        try:
            question.commune = get_commune(code)
        except NotFound as error:
            question.problems.append(error.message)
            return
    else:
        question.commune = find_commune(text)
    if question.commune:
        question.commune_text = f"{question.commune.name} ({question.commune.department})"
        return
    near = search_communes(text, CHOICES)
    if not near:
        question.problems.append(f"Aucune commune ne s'appelle « {text} ».")
        return
    question.choices_title = f"Quelle commune est « {text} » ?"
    question.choices = [
        (f"{commune.name} ({commune.department})", _with(values, commune=commune.code))
        for commune in near
    ]


def _find_need(question: Question, values: Mapping[str, Any]) -> None:
    text = values.get("besoin_texte") or ""
    question.need_text = text
    if slug := values.get("besoin"):
        question.pathway = Pathway.objects.filter(slug=slug).first()
        if question.pathway is None:
            question.problems.append(f"Aucun besoin ne s'appelle « {slug} ».")
    else:
        day = local_day(question.at) if question.at else None
        near = search_pathways(text, day=day, most=CHOICES) if day else []
        exact = [p for p in near if fold(text) in (fold(p.name), fold(p.slug))]
        if len(near) == 1 or exact:
            question.pathway = (exact or near)[0]
        elif not near:
            question.problems.append(f"Aucune filière ne répond à « {text} » à cette date.")
        elif not question.choices:
            question.choices_title = f"Quel besoin est « {text} » ?"
            question.choices = [(p.name, _with(values, besoin=p.slug)) for p in near]
    if question.pathway:
        question.need_text = question.pathway.name


def _with(values: Mapping[str, Any], **chosen: str) -> str:
    """Address of the same question with one answer chosen."""
    kept: dict[str, Any] = {
        key: value for key, value in values.items() if value not in (None, "") and key != "le"
    }
    if values.get("le"):
        kept["le"] = address_instant(values["le"])
    return f"{reverse('coverage:who')}?{urlencode(kept | chosen)}"
