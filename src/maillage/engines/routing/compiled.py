"""A network made ready for questions: everything indexed once, nothing scanned per question.

Minutes are kept as whole millionths (*micros*), so that sums and comparisons are exact: 26.1 + 3.9
is 30, on target. What depends on dates (memberships, clauses) is kept per *epoch*, a run of days in
which neither changes; what depends on the hour is found by bisection. The change points and the
ordered tables here are those that a sweep over a horizon needs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from operator import is_
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from maillage.engines.routing.clock import LocalClock, Moment, Week, to_tick
from maillage.engines.routing.enums import Entry
from maillage.engines.routing.moves import Moves
from maillage.engines.routing.network import (
    Commune,
    DutySlot,
    Network,
    Pathway,
    Service,
    Step,
)
from maillage.engines.routing.people import People
from maillage.engines.routing.reachability import CompiledService, ServiceReach, to_micros
from maillage.engines.routing.timelines import Horizon, Timelines
from maillage.engines.routing.travel import TravelTimes
from maillage.vocabulary.errors import NotFound

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """A step with its target in micros and the services of its care type and level, by id."""

    step: Step
    target: int | None
    takes_direct: bool
    takes_referral: bool
    hours: Week | None
    services: tuple[CompiledService, ...]

    def is_required(self, moment: Moment) -> bool:
        return self.hours is None or self.hours.is_open(moment)


class CompiledNetwork:
    """A network with its indexes. Safe to share between threads: what it remembers never changes
    an answer."""

    def __init__(self, network: Network, origin: CompiledNetwork | None = None) -> None:
        self.network = network
        reused = _Reused(network, origin)
        self.clock = reused.clock or LocalClock(ZoneInfo(network.timezone), network.public_holidays)
        self.moves = reused.moves or Moves(network)
        # In the order of their codes, whatever the order of rows: sums never depend on it.
        communes = sorted(network.communes, key=lambda commune: commune.code)
        self.travel = reused.travel or TravelTimes(network.travel, communes, network.sites)
        self._timelines: tuple[Horizon, Timelines] | None = None
        self.people = reused.people or People(communes)
        self.communes = reused.communes or {commune.code: commune for commune in communes}
        self._slots_of = reused.slots_of or _slots_by_service(network.duty_slots)
        self.services = self._compile_services(reused)
        by_care: dict[tuple[str, str], list[CompiledService]] = defaultdict(list)
        for service in self.services.values():
            by_care[service.care_type, service.level].append(service)
        self._by_care = {care: reused.group(care, rows) for care, rows in by_care.items()}
        self.pathways = {row.id: self._compile_steps(row, reused) for row in network.pathways}
        # By tick: two passes of the repeated hour compare equal as datetimes of one zone. Never
        # shared with an origin: a moment remembers the states of the services of one network.
        self._moment_of = lru_cache(maxsize=64)(self.clock.moment_of)

    def derive(self, network: Network) -> CompiledNetwork:
        """The indexed form of a network that differs little from this one, such as the result of
        ``apply_changes``. What is made of the very same rows (by identity) is shared; every answer
        is that of ``compile_network(network)``, which returns this form from then on."""
        if network is self.network:
            return self
        derived = CompiledNetwork(network, origin=self)
        object.__setattr__(network, "_compiled", derived)
        return derived

    @cached_property
    def commune_codes(self) -> pa.StringArray:
        """The communes in their order, as a column of tables."""
        import pyarrow as pa

        return pa.array(list(self.communes), pa.string())

    def moment(self, at: datetime) -> Moment:
        """The instant on the local clock, with what is already known of it."""
        return self._moment_of(to_tick(at))

    def steps_of(self, pathway: str) -> tuple[CompiledStep, ...]:
        """The steps of a pathway in order. Raises :class:`NotFound`."""
        try:
            return self.pathways[pathway]
        except KeyError:
            raise NotFound(
                "routing.pathway", f"Le parcours « {pathway[:60]} » n'existe pas dans ce réseau."
            ) from None

    def service_of(self, service: str) -> CompiledService:
        """A service by its identifier. Raises :class:`NotFound`."""
        try:
            return self.services[service]
        except KeyError:
            raise NotFound(
                "routing.service", f"Le service « {service[:60]} » n'existe pas dans ce réseau."
            ) from None

    def local(self, tick: int | None) -> datetime | None:
        """A tick as local time; none stays none."""
        return None if tick is None else self.clock.local(tick)

    def timelines(self, horizon: Horizon) -> Timelines:
        """The services over a horizon. The last horizon is remembered."""
        known = self._timelines
        if known is None or known[0] != horizon:
            known = self._timelines = (horizon, Timelines(self.clock, horizon))
        return known[1]

    def _compile_services(self, reused: _Reused) -> dict[str, CompiledService]:
        organization_of = {site.id: site.organization for site in self.network.sites}
        rows = sorted(self.network.services, key=lambda service: service.id)
        found = {}
        for index, row in enumerate(rows):
            slots = self._slots_of.get(row.id, [])
            found[row.id] = reused.service(index, row, slots) or CompiledService(
                index, row, organization_of[row.site], ServiceReach(row, slots, self.clock)
            )
        return found

    def _compile_steps(self, pathway: Pathway, reused: _Reused) -> tuple[CompiledStep, ...]:
        steps = sorted(pathway.steps, key=lambda step: step.order)
        services = [self._by_care.get((step.care_type, step.level), ()) for step in steps]
        return reused.steps(pathway, services) or tuple(
            CompiledStep(
                step=step,
                target=None if step.target_minutes is None else to_micros(step.target_minutes),
                takes_direct=step.order == 1 or step.entry != Entry.REFERRAL,
                takes_referral=step.order > 1 and step.entry != Entry.DIRECT,
                hours=None if step.hours is None else Week(step.hours, self.clock),
                services=rows,
            )
            for step, rows in zip(steps, services, strict=True)
        )


def _slots_by_service(rows: Iterable[DutySlot]) -> dict[str, list[DutySlot]]:
    found: dict[str, list[DutySlot]] = defaultdict(list)
    for slot in rows:
        found[slot.service].append(slot)
    return dict(found)


class _Reused:
    """The parts of a compiled network that serve a changed one: those made of the same rows."""

    def __init__(self, network: Network, origin: CompiledNetwork | None) -> None:
        self.clock: LocalClock | None = None
        self.moves: Moves | None = None
        self.travel: TravelTimes | None = None
        self.communes: dict[str, Commune] | None = None
        self.people: People | None = None
        self.slots_of: dict[str, list[DutySlot]] | None = None
        self._origin = origin
        self._keeps_services = False
        if origin is None:
            return
        before = origin.network
        same = {name for name in _PARTS if getattr(before, name) is getattr(network, name)} | (
            {"timezone"} if before.timezone == network.timezone else set()
        )
        if same >= {"timezone", "public_holidays"}:
            self.clock = origin.clock
            # A service carries the organization of its site.
            self._keeps_services = "sites" in same
        if same >= {"memberships", "clauses"}:
            self.moves = origin.moves
        if same >= {"travel", "communes", "sites"}:
            self.travel = origin.travel
        if "communes" in same:
            self.communes = origin.communes
            self.people = origin.people
        if "duty_slots" in same:
            self.slots_of = origin._slots_of
        self._rows = {row.id: row for row in before.services} if self._keeps_services else {}
        self._pathways = {row.id: row for row in before.pathways}

    def service(self, index: int, row: Service, slots: list[DutySlot]) -> CompiledService | None:
        """The same service, if it has the same row, rank and slots."""
        if self._origin is None or self._rows.get(row.id) is not row:
            return None
        known = self._origin.services[row.id]
        is_same = known.index == index and _are_same(slots, self._origin._slots_of.get(row.id, []))
        return known if is_same else None

    def group(
        self, care: tuple[str, str], rows: list[CompiledService]
    ) -> tuple[CompiledService, ...]:
        """The services of one care type and level; the same tuple when they are the same."""
        known = () if self._origin is None else self._origin._by_care.get(care, ())
        return known if _are_same(rows, known) else tuple(rows)

    def steps(
        self, pathway: Pathway, services: list[tuple[CompiledService, ...]]
    ) -> tuple[CompiledStep, ...] | None:
        """The same steps, if the pathway is the same and so are the services of each step."""
        if self._origin is None or self.clock is None:
            return None
        if self._pathways.get(pathway.id) is not pathway:
            return None
        known = self._origin.pathways[pathway.id]
        return known if _are_same([step.services for step in known], services) else None


_PARTS = (
    "public_holidays", "communes", "memberships", "sites", "duty_slots", "clauses", "travel",
)  # fmt: skip


def _are_same(rows: Sequence[Any], others: Sequence[Any]) -> bool:
    """The same objects in the same order. Equality would not do: two instants of the repeated hour
    of October are equal as datetimes of one zone."""
    return rows is others or (len(rows) == len(others) and all(map(is_, rows, others)))


def compile_network(network: Network | CompiledNetwork) -> CompiledNetwork:
    """The indexed form of a network. Made once: the network remembers it."""
    if isinstance(network, CompiledNetwork):
        return network
    known = network.__dict__.get("_compiled")
    if known is None:
        known = CompiledNetwork(network)
        object.__setattr__(network, "_compiled", known)
    return known
