"""What the tests of the example share: clients, instants, questions, and the naive judge."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from html import unescape

from django.test import Client
from django.utils import timezone

from maillage.accounts.models import User
from maillage.engines.routing import Demand, Network
from maillage.vocabulary.calendar import PARIS


def logged_in(account: str = "demo-medecin") -> Client:
    client = Client()
    client.force_login(User.objects.get(username=account))
    return client


def words_of(page: str) -> str:
    """The text of a page, on one line, every space alike."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return re.sub(r"[\s\u00a0\u202f]+", " ", unescape(text))


def in_paris(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), PARIS)


def next_night() -> datetime:
    """Three o'clock of the night that comes."""
    return in_paris(timezone.localdate() + timedelta(days=1), 3)


def draw_demands(network: Network, at: datetime, *, seed: str, each: int) -> Iterable[Demand]:
    """``each`` demands for every pathway, from communes and of ages drawn with a seed."""
    drawn = random.Random(seed)
    codes = sorted(commune.code for commune in network.communes)
    for pathway in network.pathways:
        for _ in range(each):
            age = drawn.choice((0, 14, 17, 18, 42, 76, 99))
            yield Demand(commune=drawn.choice(codes), pathway=pathway.id, age=age, at=at)


def part_for(network: Network, demand: Demand, until: datetime) -> Network:
    """Only what a demand can depend on before an instant: the naive judge is slow. It keeps every
    service of a care type and level that the pathway asks for."""
    pathway = next(row for row in network.pathways if row.id == demand.pathway)
    asked = {(step.care_type, step.level) for step in pathway.steps}
    cares = {care for care, _ in asked}
    services = tuple(row for row in network.services if (row.care_type, row.level) in asked)
    kept, sites = {row.id for row in services}, {row.site for row in services}
    return replace(
        network,
        pathways=(pathway,),
        services=services,
        sites=tuple(row for row in network.sites if row.id in sites),
        communes=tuple(row for row in network.communes if row.code == demand.commune),
        clauses=tuple(row for row in network.clauses if cares & set(row.care_types)),
        duty_slots=tuple(
            slot
            for slot in network.duty_slots
            if slot.service in kept and slot.ends_at > demand.at and slot.starts_at < until
        ),
    )
