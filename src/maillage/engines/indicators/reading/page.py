"""The reference page of the formats that are read, from the very files that readers obey."""

from __future__ import annotations

from collections.abc import Iterable

from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.reading import fhir, layouts, omop, rules, snds, snds_hospital

_FAMILIES = {
    "rss": "Grouped summaries of stays (RSS groupés): one line for each unit of a stay",
    "rsa": "Anonymous summaries of stays (RSA)",
    "ano": "Chaining of RSA (ANO): days and anonymous number",
    "vidhosp": "VID-HOSP: the stay and its patient",
    "anohosp": "ANO-HOSP: the same, after the step of anonymisation",
    "um": "Medical units (UM)",
}
_DELIMITED = {
    "patients": "Patients of the hospital: the best source of birth, sex, commune and death",
    "chaining": "Stays and their patients, when there is no VID-HOSP",
    "rpu": "Emergency visits (RPU)",
    "units": "Units and their places, when there is no UM file",
    "communes": "Communes of postal or PMSI geographic codes",
    "tariffs": "Tariffs of stays (GHS), as they are published or as a group and an amount",
}


def loading_page() -> str:
    """The page, in Markdown."""
    return "\n".join([_INTRODUCTION, _rules(), _pmsi(), _snds(), _omop(), _fhir(), _plain()])


_INTRODUCTION = """# Formats that are read

What a folder holds is told by its files. Delimited files may be UTF-8 or Windows-1252, with `;`, `,`,
tabulations or `|`; files of tables may be Parquet. Columns may come in any order, and others are left alone.
Every input row is kept, set aside by a rule, or rejected with a reason: the three add up, file by file.

Rejected rows are in `rejects/rejects.parquet` of the store, whole; `rejects/rejects.csv` gives the place and the reason of
the first hundred thousand, for a spreadsheet. When the data set may name people, `identities.parquet` says which number is
whose; otherwise this is written nowhere.

Statuses: *confirmed*, read in a public transcription of the national documents; *to confirm*, recalled or supposed equal to a
neighbour: check before use. All these lists are CSV files of `engines/indicators/reading/layouts/`; a folder with
`versions.csv` and `fields.csv` of the same form adds layouts or replaces ours (`ReadOptions.layouts`).
"""


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(heads)
    lines = [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]
    lines += [f"| {' | '.join(one.replace('|', '·') for one in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _rules() -> str:
    rows = [(f"`{code}`", text) for code, text in rules.RULES.items()]
    return "## Rules that set rows aside\n\n" + _table(("rule", "as printed"), rows)


def _pmsi() -> str:
    parts = [
        "## Files of a hospital (`pmsi`)\n\nEither RSS with a file that says whose stays they are, or RSA "
        "with ANO files: never both. Lines tell their version; the years are indicative. A stay of which one "
        "unit is rejected is rejected whole. The main diagnosis of a stay of several units is that of the "
        "longest unit in RSS (the official choice is longer: to confirm), and the true one in RSA. Without a "
        "table of patients, communes come from postal codes and change when a stay says so. RSA hold an age: "
        "the birth is the middle of what all stays of a person allow.\n"
    ]
    known = layouts.load_layouts()
    for family, label in _FAMILIES.items():
        versions = [
            (one.version, one.years, one.status, f"`{one.pattern}`", one.source)
            for one in known[family]
        ]
        columns = ("version", "years", "status", "lines look like", "source")
        parts.append(f"### {label}\n\n{_table(columns, versions)}")
        last = known[family][-1]
        fields = [
            (zone, f"`{name}`", str(one.start), str(one.length), one.meaning)
            for zone, zone_fields in last.zones.items()
            for name, one in zone_fields.items()
        ]
        parts.append(
            f"Fields read in version {last.version} (positions from 1; those of a repeated zone from "
            f"its start):\n\n{_table(('zone', 'field', 'start', 'length', 'meaning'), fields)}"
        )
    for table, label in _DELIMITED.items():
        rows = [
            (f"`{name}`", ", ".join(one.names), "yes" if one.is_required else "", one.meaning)
            for name, one in layouts.load_aliases()[table].items()
        ]
        heads = ("field", "names of the column", "required", "meaning")
        parts.append(f"### {label}\n\n{_table(heads, rows)}")
    return "\n".join(parts)


def _snds() -> str:
    tables = [
        ("IR_BEN_R", "people, residence, death; the year 1600 is no death"),
        ("IR_IMB_R", "long-term conditions: exonerations 41, 43 and 45; the year 1600 is no end"),
        ("IR_PHA_R", "class ATC of a code CIP13, large packs (`PHA_CND_TOP` = GC, to confirm)"),
        ("ER_PRS_F", "care in the city: visits, and the day and person of what follows"),
        ("ER_PHA_F", "drugs; negative lines cancel deliveries of the same day and code"),
        ("ER_BIO_F, ER_CAM_F", "laboratory (`BIO_PRS_IDE`) and acts (`CAM_PRS_IDE`), to confirm"),
        ("ER_ETE_F", "`ETE_IND_TAA`: care counted in the hospital files"),
        *(
            (f"T_MCOaa{name}", f"read: `{columns}`")
            for name, columns in snds_hospital.COLUMNS.items()
        ),
    ]
    visits = [
        (row["column"], row["value"], row["kind"], row["specialty"], row["status"], row["meaning"])
        for row in layouts.read_codes("snds-visits.csv")
    ]
    natures = [
        (row["nature"], row["meaning"], row["status"])
        for row in layouts.read_codes("snds-consultations.csv")
    ]
    twice = len(layouts.read_codes("finess-twice.csv"))
    return "\n".join(
        [
            "## National tables (`snds`)\n\nFiles are named after their table, those of hospitals with "
            f"their year (`T_MCO21B.csv`). The tables of city care are joined by nine columns: "
            f"{', '.join(f'`{one}`' for one in snds.KEY)}. The {twice} FINESS numbers of APHP, APHM and HCL "
            "that were told twice until 2018 are in `finess-twice.csv` (to confirm). A number of the hospital "
            "files that stands for several people is settled by the rank of birth, or set aside. The amount of a "
            "stay is `MNT_TOT_AM` of `T_MCOaaVALO` (`MT_TOT_AM` from 2022 on), public hospitals only.\n",
            _table(("table", "what is read"), tables),
            "A row of `ER_PRS_F` is a visit when its nature (`PRS_NAT_REF`) is one of:\n",
            _table(("nature", "meaning", "status"), natures),
            "and its kind is told by who gave it (another doctor is a specialist without specialty):\n",
            _table(("column", "value", "kind", "specialty", "status", "meaning"), visits),
        ]
    )


def _omop() -> str:
    rows = [
        (f"`{name}`", ", ".join(required.split()), ", ".join(optional.split()))
        for name, (required, optional) in omop.TABLES_READ.items()
    ]
    return (
        "## OMOP CDM 5.4 (`omop`)\n\n"
        + _table(("table", "required", "read when there"), rows)
        + f"\nVisits: {omop.INPATIENT} and {omop.EMERGENCY_AND_INPATIENT} are stays, {omop.EMERGENCY} "
        f"emergency visits, {omop.OUTPATIENT} and {omop.OFFICE} other visits. The main diagnosis of a stay "
        f"has the status {omop.PRIMARY[0]} or {omop.PRIMARY[1]}. The amount of a stay is the sum of its rows of "
        f"`cost` in euros ({omop.EURO}, or not said): paid, else charged, else cost. `location_source_value` is the COG code of the "
        "commune; `care_site_source_value` and `place_of_service_source_value` the FINESS numbers.\n"
    )


def _fhir() -> str:
    return (
        "## FHIR R4 (`fhir`)\n\nOne resource a line: "
        + ", ".join(f"`{one}`" for one in fhir.RESOURCES)
        + ". Encounters of class IMP, ACUTE, NONAC and SS are stays, EMER emergency visits, AMB visits; "
        "admission from `emd` came through an emergency department; `diagnosis.use` DD or DR, or the rank, tells "
        "the main and related diagnoses. Codes are known by the address of their system: ICD-10, ATC, CCAM, NABM. "
        f"The commune is that of the extension whose address ends with `{fhir.INSEE}`, else that of the postal code.\n"
    )


def _plain() -> str:
    names = ", ".join(f"`{one}`" for one in TABLES)
    return (
        "## Events (`plain`)\n\nOne file for each table ("
        + names
        + ", as `stay.csv` or `stay-2024.parquet`), with the columns of the "
        "[event model](event-model.md). Numbers of people and stays may be any text.\n"
    )
