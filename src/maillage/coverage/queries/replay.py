"""Any past instant, answered again: from today's records of that day, and from what was known.

Everything that an answer depends on is recorded with its dates, so that a past instant is asked
like the present one. Two answers may differ: what is recorded today about that day, and what the
newest proof computed before it held of it. Both come with the hash of their network, and with the
network itself: anybody may compute them again without the site.

A replay holds a place, a need, an age and an instant, never a person: it leaves no audit line, no
more than the question « qui prend en charge ? » does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from maillage.coverage.enums import ProofState
from maillage.coverage.models import Proof
from maillage.coverage.queries.names import load_names
from maillage.coverage.queries.network import Loaded, has_roster, load_network
from maillage.coverage.queries.questions import Question, address_instant, get_question
from maillage.coverage.queries.tables import EVIDENCE, load_evidence
from maillage.coverage.rules import (
    AnswerView,
    Difference,
    Names,
    PersonCard,
    ServiceCard,
    StepView,
    compare,
    describe,
    without_roster,
)
from maillage.coverage.rules.replay import TOLD, differences, facts_at
from maillage.engines.routing import (
    Answer,
    Demand,
    Network,
    network_hash,
    resolve,
    write_network,
)
from maillage.oncall.queries import find_newest_slot_start
from maillage.vocabulary.calendar import local_day, to_paris
from maillage.vocabulary.errors import MaillageError, Refusal

_HASH = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True)
class Evidence:
    """An answer that anybody may compute again: the network it comes from, where to get it, what to
    run, and the hash of what it prints (``| sha256sum``)."""

    view: AnswerView
    network_hash: str
    answer_hash: str
    file_url: str
    file_name: str
    command: str


@dataclass(frozen=True)
class Known:
    """The answer as it was known: from the network of a proof, and what is recorded since."""

    proof: Proof
    evidence: Evidence
    steps: tuple[Difference, ...]
    told: tuple[str, ...]
    untold: int

    @property
    def other_steps(self) -> tuple[StepView, ...]:
        """The steps of the known answer that today's does not give the same."""
        return tuple(row.before for row in self.steps if row.changed and row.before)

    @property
    def is_same(self) -> bool:
        """True when both answers are the same, team by team."""
        return not any(step.changed for step in self.steps)


@dataclass
class Replay:
    """A past question, and its answers when all of it was understood."""

    question: Question
    recorded: Evidence | None = None
    known: Known | None = None
    known_problem: str = ""
    problems: list[str] = field(default_factory=list)

    hint: str = ""
    """An instant that rosters answer, as it is typed."""

    @property
    def permalink(self) -> str:
        return f"{reverse('coverage:replay')}?{urlencode(self.question.parameters)}"

    @property
    def who_url(self) -> str:
        return self.question.permalink


def get_replay(values: Mapping[str, Any], *, now: datetime) -> Replay:
    """The answers to a past question. ``values`` are those of ``ReplayForm``, or empty. An instant
    that has not come is a problem: the future is asked elsewhere."""
    replay = _answer(values, now=now)
    newest = find_newest_slot_start(now)
    replay.hint = f"{to_paris(newest):%d/%m/%Y %Hh%M}" if newest else ""
    return replay


def _answer(values: Mapping[str, Any], *, now: datetime) -> Replay:
    if not values:
        return Replay(Question())
    if values["le"] > now:
        question = Question(age=values["age"], at=values["le"])
        question.at_text = to_paris(values["le"]).strftime("%d/%m/%Y %Hh%M")
        question.commune_text = values.get("commune_texte") or values.get("commune") or ""
        question.need_text = values.get("besoin_texte") or values.get("besoin") or ""
        problem = "Cet instant n'est pas encore venu : on ne rejoue que le passé."
        return Replay(question, problems=[problem])
    question = get_question(values, now=now)
    here, there = reverse("coverage:replay"), reverse("coverage:who")
    question.choices = [(label, url.replace(there, here, 1)) for label, url in question.choices]
    replay = Replay(question, problems=question.problems)
    if question.view is None or question.at is None:
        return replay
    demand = _demand(question.view.answer, question.at)
    loaded = load_network(question.at)
    replay.recorded = _recorded(question, loaded, demand)
    _add_known(replay, loaded, demand)
    return replay


def _demand(answer: Answer, at: datetime) -> Demand:
    return Demand(answer.commune, answer.pathway, answer.age, at)


def _recorded(question: Question, loaded: Loaded, demand: Demand) -> Evidence:
    if question.view is None:
        raise ValueError("a question without answer has no evidence")
    digest = hash_of(loaded.network)
    instant = address_instant(demand.at)
    query = urlencode({"le": instant, "empreinte": digest[:16]})
    name = document_name(demand.at)
    return Evidence(
        view=question.view,
        network_hash=digest,
        answer_hash=answer_hash(question.view.answer),
        file_url=f"{reverse('coverage:replay-network')}?{query}",
        file_name=name,
        command=_command(name, demand),
    )


def document_name(at: datetime) -> str:
    """The name under which the network of an instant is downloaded."""
    return f"reseau-{to_paris(at):%Y-%m-%dT%H%M}.json"


def _command(file_name: str, demand: Demand) -> str:
    return (
        f"python -m maillage.engines.routing resolve {file_name} --commune {demand.commune} "
        f"--pathway {demand.pathway} --age {demand.age} --at {to_paris(demand.at).isoformat()}"
    )


@lru_cache(maxsize=8)
def hash_of(network: Network) -> str:
    """The hash of a network, remembered while it is used: a network is the same as itself only."""
    return network_hash(network)


def answer_hash(answer: Answer) -> str:
    """SHA-256 of the line that the command prints for this answer, line feed included."""
    line = json.dumps(answer.as_dict(), ensure_ascii=False) + "\n"
    return hashlib.sha256(line.encode()).hexdigest()


def get_network_document(at: datetime, *, expected: str = "") -> tuple[str, str]:
    """The network that answers at an instant, as its canonical document, and its file name.

    ``expected``, the beginning of a hash, is what somebody saw: raises :class:`Refusal` when the
    records have changed since, rather than to give another territory under the same words.
    """
    network = load_network(at).network
    digest = hash_of(network)
    if _HASH.fullmatch(expected) and not digest.startswith(expected):
        raise Refusal(
            "coverage.replay-changed",
            "Ce qui est enregistré de cet instant a changé depuis que la page a été affichée. "
            "Rejouez l'instant pour avoir la nouvelle empreinte.",
        )
    return write_network(network), document_name(at)


def find_known_proof(at: datetime) -> Proof | None:
    """The newest proof that was computed before an instant and whose horizon covers it: what was
    known of it then. One query."""
    day = local_day(at)
    proofs = Proof.objects.filter(
        state=ProofState.DONE, finished_at__lte=at, first_day__lte=day, last_day__gt=day
    )
    return proofs.order_by("-finished_at", "-id").first()


def _add_known(replay: Replay, loaded: Loaded, demand: Demand) -> None:
    proof = find_known_proof(demand.at)
    if proof is None or replay.recorded is None:
        return
    network = load_evidence(proof)
    names = _names_of(network)
    try:
        answer = resolve(network, demand)
    except MaillageError as error:
        replay.known_problem = (
            f"La preuve n° {proof.pk}, calculée avant cet instant, ne permet pas de répondre : "
            f"{error.message}"
        )
        return
    view = describe(
        answer,
        names,
        margin_minutes=network.travel.margin_minutes,
        travel_source=str(network.travel.source),
        revision=proof.revision or 0,
    )
    if not has_roster(network, demand.at):
        view = without_roster(view)
    told = differences(
        facts_at(network, demand), facts_at(loaded.network, demand), names, loaded.names
    )
    name = f"preuve-{proof.pk}-{EVIDENCE}"
    replay.known = Known(
        proof=proof,
        evidence=Evidence(
            view=view,
            network_hash=proof.network_hash,
            answer_hash=answer_hash(answer),
            file_url=reverse("coverage:proof-file", args=[proof.pk, EVIDENCE]),
            file_name=name,
            command=f"gunzip {name} && {_command(name.removesuffix('.gz'), demand)}",
        ),
        steps=tuple(compare(demand.pathway, demand.pathway, view, replay.recorded.view)),
        told=tuple(told[:TOLD]),
        untold=max(0, len(told) - TOLD),
    )


def _names_of(network: Network) -> Names:
    """Names of what an old network holds; what is no longer recorded goes by what the network
    itself says of it."""
    names = load_names(network)
    sites = {site.id: site for site in network.sites}
    owners = {organization.id: organization.name for organization in network.organizations}
    gone = {
        service.id: ServiceCard(
            slug=service.id,
            name=f"{names.care_types.get(service.care_type, service.care_type)} (offre retirée)",
            phone="",
            site=sites[service.site].name,
            site_finess=service.site,
            site_phone="",
            organization=owners.get(sites[service.site].organization, ""),
            organization_slug="",
            latitude=sites[service.site].lat,
            longitude=sites[service.site].lon,
        )
        for service in network.services
        if service.id not in names.services
    }
    holders = {slot.holder for slot in network.duty_slots if slot.holder}
    strangers = {key: PersonCard(key, key) for key in holders - names.people.keys()}
    return replace(
        names,
        services={**names.services, **gone},
        people={**names.people, **strangers},
    )
