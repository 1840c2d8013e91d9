"""Invented people: family names that no register holds, test numbers, identities in every state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from maillage.patients.enums import IdentityState, Sex
from maillage.patients.rules.constants import INS_TEST_OID
from maillage.patients.rules.identity import Identity

SUFFIX = "EXEMPLE"
"""Every invented family name ends with it: nobody is mistaken for somebody."""

FAMILY = (
    "ACANTHE", "AGERATE", "ALISIER", "ALYSSE", "AMARANTE", "ANCOLIE", "ANEMONE", "ANGELIQUE",
    "ARMOISE", "ARNICA", "ASPHODELE", "AUBEPINE", "AUCUBA", "AUNEE", "AZALEE", "BALSAMINE",
    "BENOITE", "BERGENIA", "BETOINE", "BIGNONE", "BOURRACHE", "BRUNELLE", "BRYONE", "BUDDLEIA",
    "BUGLE", "CALENDULA", "CAMOMILLE", "CAMPANULE", "CARDAMINE", "CARLINE", "CENTAUREE",
    "CHARDON", "CHICOREE", "CIRSE", "CLEMATITE", "COLCHIQUE", "CONSOUDE", "CORIANDRE",
    "COSMOS", "CROCUS", "CYCLAMEN", "DAHLIA", "DAPHNE", "DIGITALE", "EGLANTINE", "EPILOBE",
    "EUPHRAISE", "FRITILLAIRE", "FUMETERRE", "GAILLARDE", "GENTIANE", "GERANIUM", "GESSE",
    "GIROFLEE", "GLAIEUL", "GLYCINE", "GUIMAUVE", "HELLEBORE", "HEMEROCALLE", "HORTENSIA",
    "IBERIS", "IMPATIENTE", "IPOMEE", "IRIS", "IXIA", "JACINTHE", "JASMIN", "JULIENNE",
    "KALMIA", "KERRIA", "KNAUTIE", "LAVATERE", "LIATRIS", "LINAIRE", "LISERON", "LOBELIE",
    "LOTIER", "LUNAIRE", "LUPIN", "LUZERNE", "LYCHNIS", "MARJOLAINE", "MAUVE", "MELISSE",
    "MONARDE", "MUFLIER", "MUGUET", "MYOSOTIS", "NARCISSE", "NIGELLE", "OEILLET", "ONAGRE",
    "ORPIN", "OXALIS", "PAQUERETTE", "PAVOT", "PERVENCHE", "PETUNIA", "PHLOX", "PIVOINE",
    "POTENTILLE", "PRIMEVERE", "PULMONAIRE", "RENONCULE", "RESEDA", "ROMARIN", "RUDBECKIA",
    "SAFRAN", "SAPONAIRE", "SARRASIN", "SAUGE", "SCABIEUSE", "SCILLE", "SENECON", "SILENE",
    "SOUCI", "SPIREE", "STATICE", "TAGETE", "TANAISIE", "THYM", "TRILLE", "TROLLE",
    "TULIPE", "VALERIANE", "VERONIQUE", "VERVEINE", "VIPERINE", "WEIGELIA", "YUCCA", "ZINNIA",
)  # fmt: skip

WOMEN = (
    "ADELE", "AGNES", "ALICE", "ANNE", "AURELIE", "BERNADETTE", "CAMILLE", "CATHERINE", "CELINE",
    "CHANTAL", "CHRISTINE", "CLAIRE", "COLETTE", "DANIELE", "DENISE", "ELISE", "EMMA", "FATIMA",
    "FRANCOISE", "GENEVIEVE", "HELENE", "INES", "IRENE", "JACQUELINE", "JEANNE", "JOSETTE",
    "JULIE", "KARIMA", "LAURENCE", "LEA", "LOUISE", "LUCIENNE", "MADELEINE", "MANON", "MARIE",
    "MARTINE", "MICHELE", "MONIQUE", "NADIA", "NICOLE", "ODETTE", "PAULETTE", "RENEE", "ROSE",
    "SABRINA", "SOPHIE", "SUZANNE", "SYLVIE", "THERESE", "YVETTE",
)  # fmt: skip

MEN = (
    "AHMED", "ALAIN", "ANDRE", "ANTOINE", "BERNARD", "BRUNO", "CHARLES", "CHRISTIAN", "CLAUDE",
    "DANIEL", "DAVID", "DENIS", "EMILE", "ERIC", "FERNAND", "FRANCIS", "GASTON", "GEORGES",
    "GERARD", "GILBERT", "GUY", "HENRI", "HUGO", "JACQUES", "JEAN", "JEAN-PIERRE", "JOSEPH",
    "JULIEN", "KARIM", "LEON", "LOUIS", "LUCAS", "MARCEL", "MAURICE", "MICHEL", "MOHAMED",
    "NICOLAS", "OLIVIER", "PASCAL", "PATRICK", "PAUL", "PHILIPPE", "PIERRE", "RAYMOND", "RENE",
    "ROBERT", "ROGER", "SERGE", "THOMAS", "YVES",
)  # fmt: skip

STATES = (
    (IdentityState.QUALIFIED, 60),
    (IdentityState.PROVISIONAL, 18),
    (IdentityState.VALIDATED, 12),
    (IdentityState.RETRIEVED, 10),
)
"""How far identities are trusted, in hundredths."""

DOCUMENTS = ("Carte nationale d'identité", "Passeport", "Titre de séjour")


@dataclass(frozen=True)
class InventedPerson:
    """An identity, and how far it is trusted. ``document`` is the paper seen, empty for none."""

    identity: Identity
    state: IdentityState
    document: str


def invent_person(
    rng: Random, *, age: int, on: date, communes: Sequence[str], order: int, mostly: str = ""
) -> InventedPerson:
    """One person of about this age on a day, born and living in one of these communes. ``order``
    makes the number of each one different. ``mostly`` is a sex that most cases of a pathway have.
    """
    sex = mostly if mostly and rng.random() < 0.97 else rng.choice((Sex.FEMALE, Sex.MALE))
    born = on - timedelta(days=int((age + rng.random()) * 365.25))
    first = rng.choice(WOMEN if sex == Sex.FEMALE else MEN)
    birthplace, residence = rng.choice(communes), rng.choice(communes)
    name = f"{rng.choice(FAMILY)}-{SUFFIX}"
    married = sex == Sex.FEMALE and age > 25 and rng.random() < 0.45
    [state] = rng.choices([one for one, _ in STATES], [share for _, share in STATES])
    has_number = state in (IdentityState.QUALIFIED, IdentityState.RETRIEVED)
    has_document = state in (IdentityState.QUALIFIED, IdentityState.VALIDATED)
    doctor = f"{rng.choice(FAMILY).capitalize()}-Exemple"
    identity = Identity(
        birth_name=name,
        first_given_name=first,
        birth_given_names=first,
        birth_date=born,
        sex=sex,
        birthplace=birthplace,
        used_name=f"{rng.choice(FAMILY)}-{SUFFIX}" if married else "",
        ins_number=ins_number(sex, born, birthplace, order) if has_number else "",
        ins_oid=INS_TEST_OID if has_number else "",
        # Numbers that the regulator of the phones keeps for fiction.
        phone=f"06 39 98 {rng.randrange(100):02} {rng.randrange(100):02}",
        commune=residence,
        attending_doctor=f"Dr {doctor}",
        attending_mail=f"{doctor.lower()}@mssante.example.invalid",
    )
    return InventedPerson(identity, state, rng.choice(DOCUMENTS) if has_document else "")


def ins_number(sex: str, born: date, birthplace: str, order: int) -> str:
    """A number of the form of an INS one, its key right, to be kept under the test authority."""
    digit = "2" if sex == Sex.FEMALE else "1"
    thirteen = f"{digit}{born:%y%m}{birthplace}{order % 1000:03}"
    return f"{thirteen}{97 - int(thirteen) % 97:02}"


def misspell(rng: Random, person: InventedPerson) -> InventedPerson:
    """The same person as another desk typed them: a letter less in the name, or the day and the
    month exchanged; no number, nothing checked."""
    kept = person.identity
    born, name = kept.birth_date, kept.birth_name
    if born is not None and born.day <= 12 and born.day != born.month and rng.random() < 0.5:
        born = date(born.year, born.day, born.month)
    else:
        place = rng.randrange(2, len(name) - len(SUFFIX) - 2)
        name = name[:place] + name[place + 1 :]
    identity = Identity(
        birth_name=name,
        first_given_name=kept.first_given_name,
        birth_given_names=kept.first_given_name,
        birth_date=born,
        sex=kept.sex,
        birthplace=kept.birthplace if rng.random() < 0.5 else "",
        phone=kept.phone,
        commune=kept.commune,
    )
    return InventedPerson(identity, IdentityState.PROVISIONAL, "")
