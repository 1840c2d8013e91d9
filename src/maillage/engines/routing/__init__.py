"""Who takes this patient: one demand in, a team with its evidence out, or a hole with its reasons.

Pure computation over a frozen :class:`Network`.

Build: ``build_network(...)`` from rows in hand, ``read_network(text)`` / ``load_network(path)``
from the JSON document, ``write_network(network)`` and ``network_hash(network)``. All raise
``vocabulary.errors.Invalid`` with every defect and its JSON path.

Ask: ``resolve(network, demand)`` gives an :class:`Answer`; ``repairs(network, demand)`` the single
clauses that would mend it; ``onward_moves`` the rights of the hospitals near a commune to send on;
``receivers`` the teams that may take a patient who is already in a hospital, seen from there;
``journeys_home`` the minutes from where a patient lives to each site;
``service_state(network, service, at)`` the state of one service;
``compile_network(network)`` the indexed form, made once and remembered by the network.

Suppose: ``apply_changes(network, changes)`` lays the changes of a scenario over a network;
``apply_with_notes`` also tells those that changed nothing; ``read_changes`` and ``write_changes``
exchange them as JSON; ``compile_network(network).derive(changed)`` indexes only what changed;
``closers(network, demand)`` gives the single changes that would mend an answer: a clause, a slot
staffed, a service open; ``hole_closers(network, pathway, step, at)`` ranks them by the residents
of a hole whom each would bring an answer.

Values: Network, Commune, ResidentBand, Organization, Membership, Site, Service, DayPeriod, Opening,
ServiceException, DutySlot, Clause, Pathway, Step, Travel, Demand; Answer, StepAnswer, Link,
Excluded, Alternative, Repair, ServiceState; Verdict, Reason, Entry, HolidayRule, ExceptionState,
TravelSource, ElementKind.

Command line: ``python -m maillage.engines.routing resolve network.json ...``, ``prove``
and ``check``.
"""

from maillage.engines.routing.answers import (
    Alternative,
    Answer,
    Excluded,
    Link,
    Repair,
    ServiceState,
    StepAnswer,
)
from maillage.engines.routing.changes import (
    MEMBER_MARK,
    NEW_AGREEMENT,
    REINFORCEMENT,
    AddClause,
    Applied,
    AuthoriseService,
    Change,
    CloseService,
    EndAgreement,
    EndAuthorisation,
    EndClause,
    HolderLeaves,
    MoveHalfDay,
    Note,
    NoteKind,
    OpenService,
    SetTarget,
    StaffSlots,
    UnstaffSlots,
)
from maillage.engines.routing.changes_applied import apply_changes, apply_with_notes
from maillage.engines.routing.changes_document import read_changes, write_changes
from maillage.engines.routing.closers import Closer, closers
from maillage.engines.routing.closing import HoleCloser, hole_closers
from maillage.engines.routing.compiled import CompiledNetwork, compile_network
from maillage.engines.routing.document import (
    build_network,
    load_network,
    network_hash,
    read_network,
    write_network,
)
from maillage.engines.routing.enums import (
    ElementKind,
    Entry,
    ExceptionState,
    HolidayRule,
    Reason,
    TravelSource,
    Verdict,
)
from maillage.engines.routing.network import (
    Clause,
    Commune,
    DayPeriod,
    Demand,
    DutySlot,
    Membership,
    Network,
    Opening,
    Organization,
    Pathway,
    ResidentBand,
    Service,
    ServiceException,
    Site,
    Step,
    Travel,
)
from maillage.engines.routing.onward import OnwardMove, onward_moves
from maillage.engines.routing.proof import (
    PathwayProof,
    Proof,
    ProofCancelled,
    StepTotals,
    fingerprint,
    prove,
    sweep,
)
from maillage.engines.routing.proof_tables import SCHEMAS
from maillage.engines.routing.receiving import Origin, Receiver, journeys_home, receivers
from maillage.engines.routing.repair import repairs
from maillage.engines.routing.resolution import resolve, service_state
from maillage.engines.routing.snapshots import Snapshot, SnapshotRow, snapshot
from maillage.engines.routing.sweeping import CATEGORIES
from maillage.engines.routing.version import ENGINE_VERSION
from maillage.engines.routing.warming import warm_up

__all__ = [
    "CATEGORIES",
    "ENGINE_VERSION",
    "MEMBER_MARK",
    "NEW_AGREEMENT",
    "REINFORCEMENT",
    "SCHEMAS",
    "AddClause",
    "Alternative",
    "Answer",
    "Applied",
    "AuthoriseService",
    "Change",
    "Clause",
    "CloseService",
    "Closer",
    "Commune",
    "CompiledNetwork",
    "DayPeriod",
    "Demand",
    "DutySlot",
    "ElementKind",
    "EndAgreement",
    "EndAuthorisation",
    "EndClause",
    "Entry",
    "ExceptionState",
    "Excluded",
    "HolderLeaves",
    "HoleCloser",
    "HolidayRule",
    "Link",
    "Membership",
    "MoveHalfDay",
    "Network",
    "Note",
    "NoteKind",
    "OnwardMove",
    "OpenService",
    "Opening",
    "Organization",
    "Origin",
    "Pathway",
    "PathwayProof",
    "Proof",
    "ProofCancelled",
    "Reason",
    "Receiver",
    "Repair",
    "ResidentBand",
    "Service",
    "ServiceException",
    "ServiceState",
    "SetTarget",
    "Site",
    "Snapshot",
    "SnapshotRow",
    "StaffSlots",
    "Step",
    "StepAnswer",
    "StepTotals",
    "Travel",
    "TravelSource",
    "UnstaffSlots",
    "Verdict",
    "apply_changes",
    "apply_with_notes",
    "build_network",
    "closers",
    "compile_network",
    "fingerprint",
    "hole_closers",
    "journeys_home",
    "load_network",
    "network_hash",
    "onward_moves",
    "prove",
    "read_changes",
    "read_network",
    "receivers",
    "repairs",
    "resolve",
    "service_state",
    "snapshot",
    "sweep",
    "warm_up",
    "write_changes",
    "write_network",
]
