"""What the recourse team of a pathway step needs to know: questions as data.

A team that reads these answers can decide without ringing back. They are a first set, written from
common practice [R]: the owners of each pathway must agree to them before use. Questions that
several templates share have one name: an advice that becomes a transfer is asked nothing twice.

Found by pathway and step, else by pathway, else by care type, else the default one
(:func:`find_template`).
"""

from __future__ import annotations

from maillage.referrals.enums import Kind
from maillage.referrals.rules.planned_templates import (
    ADDICTION,
    BREAST,
    DEFAULT,
    DIABETES,
    DIABETIC_FOOT,
    MEMORY,
    OLDER,
    ONCOLOGY,
    RARE,
    RETURN,
)
from maillage.referrals.rules.questions import Question, Template
from maillage.referrals.rules.urgent_templates import (
    BURNS,
    CARDIAC_SURGERY,
    EMERGENCY,
    HEART,
    INTENSIVE_CARE,
    NEUROSURGERY,
    STROKE,
    THORACIC,
    THROMBECTOMY,
    VASCULAR,
)

BY_STEP: dict[tuple[str, str], Template] = {
    ("avc", "THROMBECTOMY"): THROMBECTOMY,
    ("insuffisance-cardiaque", "CARDIAC_SURGERY"): CARDIAC_SURGERY,
    ("cancer-du-sein", "ONCOLOGY"): ONCOLOGY,
    ("personnes-agees", "MEMORY_CENTRE"): MEMORY,
    ("diabete-type-2", "DIABETOLOGY"): DIABETES,
}
"""By pathway and care type of the step, where a step asks for something else than its pathway."""

BY_PATHWAY: dict[str, Template] = {
    "addictologie": ADDICTION,
    "avc": STROKE,
    "brules-graves": BURNS,
    "cancer-du-sein": BREAST,
    "chirurgie-thoracique": THORACIC,
    "diabete-type-2": DIABETIC_FOOT,
    "insuffisance-cardiaque": HEART,
    "maladies-rares": RARE,
    "neurochirurgie": NEUROSURGERY,
    "permanence-thoracique": THORACIC,
    "personnes-agees": OLDER,
    "vasculaire": VASCULAR,
}

BY_CARE_TYPE: dict[str, Template] = {
    "ADDICTION": ADDICTION,
    "BREAST_SCREENING": BREAST,
    "BREAST_SURGERY": BREAST,
    "BURNS": BURNS,
    "CARDIAC_ICU": HEART,
    "CARDIAC_SURGERY": CARDIAC_SURGERY,
    "CARDIOLOGY": HEART,
    "DIABETIC_FOOT": DIABETIC_FOOT,
    "DIABETOLOGY": DIABETES,
    "EMERGENCY": EMERGENCY,
    "GERIATRICS": OLDER,
    "GERIATRIC_MOBILE_TEAM": OLDER,
    "INTENSIVE_CARE": INTENSIVE_CARE,
    "INTERVENTIONAL_CARDIOLOGY": HEART,
    "MEMORY_CENTRE": MEMORY,
    "NEUROSURGERY": NEUROSURGERY,
    "PNEUMOLOGY": THORACIC,
    "RARE_DISEASES": RARE,
    "RHYTHMOLOGY": HEART,
    "STROKE_UNIT": STROKE,
    "THORACIC_SURGERY": THORACIC,
    "THROMBECTOMY": THROMBECTOMY,
    "VASCULAR_MEDICINE": VASCULAR,
    "VASCULAR_SURGERY": VASCULAR,
}


def find_template(pathway: str, care_type: str, kind: Kind) -> Template:
    """The questions of a step: those of a return when the patient goes back, else those of the
    pathway and step, of the pathway, of the care type, or the default ones."""
    if kind is Kind.RETURN:
        return RETURN
    return (
        BY_STEP.get((pathway, care_type))
        or BY_PATHWAY.get(pathway)
        or BY_CARE_TYPE.get(care_type)
        or DEFAULT
    )


def list_other_questions(pathway: str) -> list[Question]:
    """What the other requests of a case may have been asked, those of the same pathway first: an
    answer given for a transfer is read in words on the page of the return."""
    own = [one for (slug, _), one in BY_STEP.items() if slug == pathway]
    own += [BY_PATHWAY[pathway]] if pathway in BY_PATHWAY else []
    every = [*own, RETURN, *BY_STEP.values(), *BY_PATHWAY.values(), *BY_CARE_TYPE.values(), DEFAULT]
    found: dict[str, Question] = {}
    for template in every:
        for question in template.questions:
            found.setdefault(question.key, question)
    return list(found.values())
