"""Reads of the coverage room: the network of a day, the questions put to it, proofs and alerts."""

from maillage.coverage.queries.alerts import (
    AlertsPage,
    get_alerts_page,
    list_agreement_alerts,
    list_alerts,
    list_current_alerts,
)
from maillage.coverage.queries.comparisons import Comparison, get_comparison
from maillage.coverage.queries.names import Named, ProofNames, load_proof_names
from maillage.coverage.queries.network import (
    Loaded,
    forget_networks,
    load_full_network,
    load_network,
)
from maillage.coverage.queries.proofs import (
    commune_totals,
    compare_communes,
    compare_proofs,
    get_current_proof,
    get_freshness,
    get_pending_proof,
    get_proof,
    list_proofs,
    list_steps,
)
from maillage.coverage.queries.questions import (
    Question,
    answer_demand,
    get_answer_record,
    get_question,
)
from maillage.coverage.queries.tables import (
    forget_proofs,
    list_files,
    load_evidence,
    load_file,
    load_tables,
)

__all__ = [
    "AlertsPage",
    "Comparison",
    "Loaded",
    "Named",
    "ProofNames",
    "Question",
    "answer_demand",
    "commune_totals",
    "compare_communes",
    "compare_proofs",
    "forget_networks",
    "forget_proofs",
    "get_alerts_page",
    "get_answer_record",
    "get_comparison",
    "get_current_proof",
    "get_freshness",
    "get_pending_proof",
    "get_proof",
    "get_question",
    "list_agreement_alerts",
    "list_alerts",
    "list_current_alerts",
    "list_files",
    "list_proofs",
    "list_steps",
    "load_evidence",
    "load_file",
    "load_full_network",
    "load_network",
    "load_proof_names",
    "load_tables",
]
