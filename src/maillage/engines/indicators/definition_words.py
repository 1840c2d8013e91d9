"""A definition said in French: what screens show, and the reference page prints."""

from __future__ import annotations

from collections.abc import Sequence

from maillage.engines.indicators.definition_model import (
    ASSOCIATED,
    MAIN,
    RELATED,
    TOGETHER,
    UNIT_MAIN,
    UNIT_RELATED,
    Arm,
    CodeList,
    Codes,
    Cohort,
    CohortArm,
    DispensingArm,
    Indicator,
    LongTermArm,
    ProcedureArm,
    StayArm,
    VisitArm,
    Window,
)
from maillage.engines.indicators.events import Sex, VisitKind

STATUS_WORDS = {"confirmed": "confirmée par sa source", "to confirm": "à confirmer"}

_POSITION_WORDS = {
    MAIN: "diagnostic principal du séjour",
    RELATED: "diagnostic relié du séjour",
    UNIT_MAIN: "diagnostic principal d'une unité",
    UNIT_RELATED: "diagnostic relié d'une unité",
    ASSOCIATED: "diagnostic associé",
}
_VISIT_WORDS = {
    VisitKind.GP: "médecin généraliste",
    VisitKind.SPECIALIST: "médecin spécialiste",
    VisitKind.NURSE: "infirmier",
    VisitKind.EMERGENCY: "passage aux urgences",
    VisitKind.OUTPATIENT: "consultation à l'hôpital",
    VisitKind.OTHER: "autre soin",
}
_DIRECTION_WORDS = {
    "lower is better": "Une valeur basse est préférable.",
    "higher is better": "Une valeur haute est préférable.",
    "neutral": "La valeur se lit sans préférence.",
}
MANY = 12
"""Codes said one by one; beyond, only their number is said."""


def describe(definition: Cohort | Indicator | CodeList) -> list[str]:
    """What a definition says, as French sentences, in the order in which it is applied."""
    match definition:
        case Cohort():
            return _cohort(definition)
        case Indicator():
            return _indicator(definition)
        case CodeList():
            return [f"{definition.system} : {codes_words(definition.as_codes())}."]


def _cohort(cohort: Cohort) -> list[str]:
    lines = [*_limits(cohort), *_block(cohort.arms, "")]
    if cohort.also:
        lines += _block(cohort.also, "Et en plus : ")
    if cohort.unless:
        lines += _block(cohort.unless, "Sauf : ")
    return [*lines, *cohort.notes]


def _limits(definition: Cohort | Indicator) -> list[str]:
    words = []
    if definition.sex is not None:
        words.append("femmes" if definition.sex == Sex.FEMALE else "hommes")
    low, high = definition.min_age, definition.max_age
    if low is not None and high is not None:
        words.append(f"de {low} à {high} ans au 31 décembre")
    elif low is not None:
        words.append(f"de {low} ans et plus au 31 décembre")
    elif high is not None:
        words.append(f"de {high} ans au plus au 31 décembre")
    if not words:
        return []
    if definition.sex is None:
        words.insert(0, "personnes")
    return [f"Seulement : {' '.join(words)}."]


def _block(arms: Sequence[Arm], lead: str) -> list[str]:
    """One sentence an arm; from the second on, the words that join them."""
    said = [arm_words(arm) for arm in arms]
    first = lead + said[0] if lead else said[0][:1].upper() + said[0][1:]
    joined = f"{lead}ou bien : " if lead else "Ou bien : "
    return [f"{first}.", *(f"{joined}{one}." for one in said[1:])]


def arm_words(arm: Arm) -> str:
    """What an arm asks, without a final stop."""
    said = _arm(arm)
    return f"{arm.label} : {said}" if arm.label else said


def _arm(arm: Arm) -> str:
    match arm:
        case CohortArm():
            return f"faire partie, la même année, de la cohorte « {arm.cohort.label} »"
        case DispensingArm():
            return _dispensing(arm)
        case LongTermArm():
            return (
                f"une affection de longue durée ouverte {window_words(arm.window)}, "
                f"de code {codes_words(arm.icd)}"
            )
        case StayArm():
            return _stay(arm)
        case ProcedureArm():
            return (
                f"{_dates(arm.min_dates)} {window_words(arm.window)} avec un acte "
                f"{arm.codes.system} {codes_words(arm.codes)}"
            )
        case VisitArm():
            return _visit(arm)


def _dates(number: int) -> str:
    return f"au moins {number} dates différentes" if number > 1 else "au moins une date"


def _dispensing(arm: DispensingArm) -> str:
    words = [f"{_dates(arm.min_dates)} de délivrance {window_words(arm.window)}"]
    if arm.min_dates_large:
        words.append(
            f"(ou {arm.min_dates_large} si l'une d'elles comprend un grand conditionnement)"
        )
    words.append(f"d'un médicament ATC {codes_words(arm.atc)}")
    if arm.not_only:
        words.append(
            f"; les personnes qui n'ont reçu que {codes_words(arm.not_only)} ne comptent pas"
        )
    return " ".join(words).replace(" ;", " ;")


def _stay(arm: StayArm) -> str:
    number = f"au moins {arm.min_stays} séjours" if arm.min_stays > 1 else "un séjour"
    parts = [f"{number} {window_words(arm.window)}"]
    if arm.icd:
        parts.append(f"avec en {_places(arm.positions)} : {codes_words(arm.icd)}")
    if arm.with_icd:
        parts.append(f"et en {_places(arm.with_positions)} : {codes_words(arm.with_icd)}")
    if arm.without_icd:
        parts.append(f"sans, en {_places(arm.without_positions)} : {codes_words(arm.without_icd)}")
    if arm.ghm:
        parts.append(f"de GHM {codes_words(arm.ghm)}")
    if arm.acts:
        parts.append(f"avec un acte CCAM {codes_words(arm.acts)}")
    if arm.without_acts:
        parts.append(f"sans acte CCAM {codes_words(arm.without_acts)}")
    if arm.min_nights:
        parts.append(f"d'au moins {arm.min_nights} nuit{'s' if arm.min_nights > 1 else ''}")
    if arm.not_transferred:
        parts.append("qui ne vient pas d'un autre hôpital")
    if arm.from_emergency:
        parts.append("venu par les urgences")
    if arm.sessions != "any":
        parts.append("hors séances" if arm.sessions == "none" else "en séances")
    return ", ".join(parts)


def _visit(arm: VisitArm) -> str:
    kinds = _either([_VISIT_WORDS[VisitKind(kind)] for kind in arm.kinds])
    words = f"{_dates(arm.min_dates)} {window_words(arm.window)} : {kinds}"
    if arm.specialties:
        words += f", de spécialité {_either(arm.specialties)}"
    return words + (f", avec en diagnostic {codes_words(arm.icd)}" if arm.icd else "")


def _places(positions: Sequence[str]) -> str:
    return _either([_POSITION_WORDS[one] for one in positions])


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} ou {words[-1]}"


def window_words(window: Window) -> str:
    """« dans l'année N », « de N-5 à N-1 »."""
    first, last = (f"N{offset}" if offset else "N" for offset in (window.first, window.last))
    return f"dans l'année {first}" if first == last else f"de {first} à {last}"


def codes_words(codes: Codes) -> str:
    """« A10, sauf A10BX06 »."""
    number = len(codes.prefixes)
    words = f"{number} codes" if number > MANY else ", ".join(codes.prefixes)
    if codes.lists:
        words += f" (liste{'s' if len(codes.lists) > 1 else ''} {', '.join(codes.lists)})"
    return words + (f", sauf {', '.join(codes.excluded)}" if codes.excluded else "")


def _indicator(one: Indicator) -> list[str]:
    lines = [f"Au numérateur : {one.numerator}", f"Au dénominateur : {one.denominator}"]
    if one.cohort is not None:
        lines.append(f"Cohorte : {one.cohort.label}.")
    lines += _limits(one)
    lines += _joined("Séjours retenus : ", [arm_words(stay) for stay in one.stays])
    joint = "et" if one.parameters.get("every") else "ou bien"
    lines += _joined("Attendu : ", [arm_words(arm) for arm in one.expects], joint)
    said = (_parameter(key, value) for key, value in one.parameters.items())
    lines += [sentence for sentence in said if sentence]
    lines.append(f"Exprimé pour {one.per} ; unité du numérateur : {one.unit}.")
    if one.standardised_only:
        lines.append("Ne se montre que standardisé sur l'âge et le sexe.")
    if one.published == TOGETHER:
        lines.append(
            "Trop rare pour être publié par an partout : les années sont réunies jusqu'aux "
            "communes, et chaque année n'est publiée que par intercommunalité."
        )
    return [*lines, _DIRECTION_WORDS[one.direction], *one.notes]


def _joined(lead: str, said: Sequence[str], joint: str = "ou bien") -> list[str]:
    return [f"{lead}{f'{joint} : ' if rank else ''}{words}." for rank, words in enumerate(said)]


def _parameter(key: str, value: object) -> str:
    """A parameter of a kind of indicator; empty when it changes nothing."""
    if isinstance(value, bool):
        said = _FLAG_WORDS.get(key, ("", ""))
        return said[0] if value else said[1]
    words = _PARAMETER_WORDS.get(key, "")
    if not words or not value or (key, value) == ("times", 1):
        return ""
    if isinstance(value, Codes):
        return words.format(codes_words(value))
    if isinstance(value, tuple):
        return words.format(", ".join(_OUTCOME_WORDS.get(str(one), str(one)) for one in value))
    if isinstance(value, float):
        return words.format(f"{value * 100:g} %")
    return words.format(_WORD_WORDS.get(value, value) if isinstance(value, str) else value)


_WORD_WORDS = {
    "year": "dans l'année",
    "discharge": "après la sortie de l'hôpital",
    "stays": "les séjours",
    "people": "les personnes",
    "days": "les journées",
}
_OUTCOME_WORDS = {
    "HOME": "retour à domicile",
    "ADMITTED": "hospitalisation",
    "TRANSFERRED": "transfert",
    "DIED": "décès",
    "UNKNOWN": "inconnue",
    "C": "C (chirurgie)",
    "K": "K (acte non opératoire)",
    "M": "M (médecine)",
    "Z": "Z (indifférencié)",
}
_FLAG_WORDS = {
    "unplanned": ("Seules comptent les réhospitalisations venues par les urgences.", ""),
    "first_of_year": ("L'épisode de départ est le premier de l'année.", ""),
    "hospital_days": ("Les jours passés à l'hôpital ne sont pas comptés.", ""),
    "episodes": ("Les séjours qui s'enchaînent comptent pour un seul épisode.", ""),
    "alive": ("Les séjours terminés par un décès ne comptent pas.", ""),
    "every": ("Tout ce qui est attendu doit avoir été fait.", ""),
}
_PARAMETER_WORDS = {
    "days": "Délai : de 1 à {} jours.",
    "atc": "Médicaments ATC : {}.",
    "without": "Les personnes qui ont reçu dans l'année {} ne comptent pas.",
    "without_groups": "Les épisodes de GHM {} ne comptent pas comme départ.",
    "without_letters": "Les séjours dont le GHM est de la lettre {} ne comptent pas.",
    "icd": "Diagnostics CIM-10 : {}.",
    "outcomes": "Suite du passage : {}.",
    "min_visits": "Passages dans l'année : au moins {}.",
    "min_dates": "Dates de délivrance différentes : au moins {}.",
    "min_days": "Première délivrance : au moins {} jours avant la fin de la période.",
    "default_days": "Durée inconnue d'une boîte : {} jours.",
    "threshold": "Seuil : {} des jours couverts.",
    "gap": "Le traitement est interrompu après {} jours sans médicament.",
    "horizon": "Délai : {} jours après la première délivrance.",
    "after": "Le soin est attendu {}.",
    "within_days": "Délai : {} jours.",
    "times": "Nombre de dates attendu : {}.",
    "measure": "Sont comptés {}.",
}
