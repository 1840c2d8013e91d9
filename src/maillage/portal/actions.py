"""The one act of the portal: loading a whole territory from a folder of lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.exchange.actions import import_file
from maillage.exchange.tables import get_table
from maillage.oncall.actions import generate_slots
from maillage.oncall.actions.inventing import invent_rosters
from maillage.oncall.actions.inventing_people import invent_absences
from maillage.oncall.imports.absences import read_absences
from maillage.oncall.imports.turns import read_holes, read_turns
from maillage.population.actions import ask_for_invention
from maillage.portal.permissions import LOAD
from maillage.portal.queries import get_last_loading
from maillage.referrals.actions.invented.year import invent_year
from maillage.territory.actions import load_communes
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Problem

MANIFEST = "territoire.json"
TURNS_FILE = "rotations.csv"
HOLES_FILE = "trous.csv"
ABSENCES_FILE = "absences.csv"
LARGEST_MANIFEST = 100_000
RENEW_AFTER = timedelta(days=30)
"""A loaded example whose duty slots were made longer ago is topped up to twelve months again."""


def load_territory(
    *,
    folder: Path,
    by: Actor,
    at: datetime,
    only_if_needed: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> bool:
    """Load communes, every list of the folder in the order of its manifest, the duty slots and, for
    an example, its invented cases.

    All or nothing: one transaction. Idempotent: the same folder again changes nothing, but for the
    duty slots that lengthen the horizon. With ``only_if_needed`` a folder already loaded is left
    alone. Gives back False in that case. ``progress`` receives one French line per list.
    Raises :class:`Invalid` naming file, row and column, and :class:`NotAllowed`.
    """
    LOAD.check(by)
    manifest = _read_manifest(folder)
    fingerprint = _fingerprint(folder)
    today = local_day(at)
    previous = get_last_loading(fingerprint)
    if only_if_needed and previous and at - previous < RENEW_AFTER:
        _invent(manifest, by=by, at=at, progress=progress)
        _invent_population(manifest, by=by, at=at, progress=progress)
        return False
    with changing_territory():
        report = load_communes(manifest["departments"], by=by, at=at)
        progress(f"{report.total} communes ({', '.join(manifest['departments'])})")
        for key in manifest["tables"]:
            file = folder / f"{key}.csv"
            plan = import_file(
                table=get_table(key), content=file.read_bytes(), filename=file.name, by=by, at=at
            )
            counts = plan.counts
            progress(f"{get_table(key).label} : {counts['created'] + counts['unchanged']} lignes")
        absences = _invent_absences(folder, today, by=by, at=at)
        progress(f"congés et souhaits de garde : {absences}")
        made = _make_slots(folder, manifest.get("duty", {}), today, by=by, at=at)
        progress(f"créneaux de garde : {made}")
        rosters = invent_rosters(manifest.get("rosters", ()), today, by=by, at=at)
        progress(f"tableaux de service : {rosters}")
        record(
            "portal.load-territory",
            by=by,
            at=at,
            subject_kind="territory",
            subject_key=fingerprint,
            subject_name=manifest["name"],
            changes_territory=True,
            communes=report.total,
        )
    _invent(manifest, by=by, at=at, progress=progress)
    _invent_population(manifest, by=by, at=at, progress=progress)
    return True


def _invent(
    manifest: dict[str, Any], *, by: Actor, at: datetime, progress: Callable[[str], None]
) -> None:
    """Fill a territory whose manifest says so (``cases``) with a year of invented cases, once; told
    anew for what is under way."""
    wanted = manifest.get("cases")
    if not wanted:
        return
    made = invent_year(
        accounts=manifest.get("accounts", {}),
        patients=int(wanted["patients"]),
        requests=int(wanted["requests"]),
        by=by,
        at=at,
    )
    if made.requests:
        progress(f"cas inventés : {made.patients} patients, {made.requests} demandes")


def _invent_population(
    manifest: dict[str, Any], *, by: Actor, at: datetime, progress: Callable[[str], None]
) -> None:
    """Have the residents of a territory whose manifest says so (``population``) invented in the
    background, with their indicators, once. The setting says for which part of them."""
    share = settings.EXAMPLE_POPULATION_SHARE
    if not manifest.get("population") or not share:
        return
    if ask_for_invention(share=share, by=by, at=at) is not None:
        progress("population synthétique : demandée, elle se fait en arrière-plan")


def _make_slots(folder: Path, duty: dict[str, Any], today: date, *, by: Actor, at: datetime) -> int:
    """Make the duty slots of the twelve months to come, with the holes of the example, and those of
    past windows, so that questions about those days are answered too."""
    if not duty:
        return 0
    turns = read_turns((folder / TURNS_FILE).read_bytes(), TURNS_FILE)
    holes = []
    if (folder / HOLES_FILE).exists():
        holes = read_holes((folder / HOLES_FILE).read_bytes(), loaded_on=today)
    # Up to the end of the month: never less than the months that the manifest asks for.
    months = today.month + int(duty["months"])
    last = date(today.year + months // 12, months % 12 + 1, 1)
    # From the day before: the night that is under way when the territory loads began yesterday.
    first = today - timedelta(days=1)
    made = generate_slots(turns, holes, first, last, by=by, at=at).created
    for window in duty.get("archives", ()):
        starts, ends = (date.fromisoformat(window[key]) for key in ("from", "to"))
        made += generate_slots(turns, (), starts, ends, by=by, at=at).created
    return made


def _invent_absences(folder: Path, today: date, *, by: Actor, at: datetime) -> int:
    """Enter the leave and wishes of an example, whose days count from its loading."""
    file = folder / ABSENCES_FILE
    if not file.exists():
        return 0
    found = read_absences(file.read_bytes(), loaded_on=today, filename=file.name)
    return invent_absences(found, by=by, at=at)


def _fingerprint(folder: Path) -> str:
    """Name of the exact content of a folder of lists (SHA-256, 64 hexadecimal digits)."""
    digest = hashlib.sha256()
    for path in [*sorted(folder.glob("*.csv")), folder / MANIFEST]:
        digest.update(path.name.encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise Invalid("portal.no-manifest", f"{folder} ne contient pas de {MANIFEST}.")
    if path.stat().st_size > LARGEST_MANIFEST:
        raise Invalid("portal.manifest", f"{MANIFEST} est trop gros pour un sommaire.")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Invalid("portal.manifest", f"{MANIFEST} n'est pas du JSON : {error}.") from error
    problems = [
        Problem(f"la clé « {key} » manque", file=MANIFEST, field=f"$.{key}")
        for key in ("name", "departments", "tables")
        if key not in manifest
    ]
    problems += [
        Problem("ce fichier manque", file=f"{key}.csv", field="$.tables")
        for key in manifest.get("tables", ())
        if not (folder / f"{key}.csv").is_file()
    ]
    if problems:
        raise Invalid("portal.manifest", "Le dossier est incomplet :", problems)
    return manifest
