"""Moving an installation from its SQLite file to the database of the settings, row by row.

Every table is copied as it stands, keys and times included, then both sides are read again and
compared: a row is either the same or the whole copy is undone. The trail keeps its numbers, on
which the revision of the territory rests; its triggers forbid changes and erasures, not new lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.core.management.color import no_style
from django.db import DatabaseError, connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Field, Model
from django.db.models.sql import InsertQuery
from django.db.utils import load_backend

from maillage.vocabulary.errors import Invalid, Problem, Refusal

SOURCE, TARGET = "copy-source", "default"
SQLITE = "django.db.backends.sqlite3"
BATCH = 500
MADE_BY_MIGRATE = frozenset({"contenttypes", "auth"})
"""Rooms of Django whose rows ``migrate`` makes by itself; nothing of the product points at them."""


def copy_database(file: Path, *, progress: Callable[[str], None] = lambda text: None) -> int:
    """Copy every row of a SQLite file into the (migrated, empty) database of the settings; the
    number of rows. All or nothing. ``progress`` receives one French line per table.

    Raises :class:`Refusal` when the file is missing, when both databases are not at the same
    migrations, or when the target already holds rows; :class:`Invalid` naming table and row when
    a value does not fit the target (SQLite does not hold texts to their length).
    """
    if not file.is_file():
        raise Refusal("portal.copy-source", f"{file} n'est pas un fichier.")
    _open_source(file)
    try:
        _check_same_migrations()
        models = copied_models()
        _check_empty(models)
        total = 0
        with transaction.atomic(using=TARGET):
            for model in models:
                count = _copy_table(model)
                total += count
                if count:
                    progress(f"{model._meta.db_table} : {count}")
            _set_sequences(models)
            for model in models:
                if _digest(model, SOURCE) != _digest(model, TARGET):
                    raise Refusal(
                        "portal.copy-differs",
                        f"La table {model._meta.db_table} relue n'est pas la même : rien n'est "
                        "copié.",
                    )
    finally:
        connections[SOURCE].close()
        del connections[SOURCE]
    return total


def copied_models() -> list[type[Model]]:
    """Every table of the rooms and of Django that holds what people entered."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.app_label not in MADE_BY_MIGRATE
    ]


def _open_source(file: Path) -> None:
    """The file as a second database, only read, known to this thread until it is closed."""
    place = {
        **connections[TARGET].settings_dict,
        "ENGINE": SQLITE,
        "NAME": f"file:{quote(str(file.resolve()))}?mode=ro",
        "OPTIONS": {"timeout": 20},
    }
    connections[SOURCE] = load_backend(SQLITE).DatabaseWrapper(place, SOURCE)


def _check_same_migrations() -> None:
    before = set(MigrationRecorder(connections[SOURCE]).applied_migrations())
    after = set(MigrationRecorder(connections[TARGET]).applied_migrations())
    if before != after:
        names = ", ".join(sorted(f"{room}.{name}" for room, name in before ^ after)[:5])
        raise Refusal(
            "portal.copy-migrations",
            "Les deux bases ne sont pas à la même version : lancez « ./maillage migrate » sur "
            f"chacune (migrations qui diffèrent : {names}).",
        )


def _check_empty(models: list[type[Model]]) -> None:
    full = [m._meta.db_table for m in models if m._base_manager.using(TARGET).exists()]
    if full:
        raise Refusal(
            "portal.copy-target",
            f"La base d'arrivée contient déjà des lignes ({', '.join(full[:5])}) : la copie se "
            "fait dans une base neuve, après « ./maillage migrate ».",
        )


def _fields(model: type[Model]) -> list[Field]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def _batches(model: type[Model]) -> Iterator[list[Model]]:
    rows = iter(model._base_manager.using(SOURCE).order_by("pk").iterator(chunk_size=BATCH))
    while batch := list(islice(rows, BATCH)):
        yield batch


def _copy_table(model: type[Model]) -> int:
    count = 0
    for batch in _batches(model):
        try:
            with transaction.atomic(using=TARGET):
                _insert(model, batch)
        except (DatabaseError, ValueError) as error:
            raise _first_refused(model, batch) or error from error
        count += len(batch)
    return count


def _insert(model: type[Model], rows: list[Model]) -> None:
    """Rows with the very values that they have: nothing is filled in on the way."""
    query = InsertQuery(model)
    query.insert_values(_fields(model), rows, raw=True)
    query.get_compiler(using=TARGET).execute_sql()


def _first_refused(model: type[Model], rows: list[Model]) -> Invalid | None:
    """What the target says of the first row that it does not take."""
    for row in rows:
        try:
            with transaction.atomic(using=TARGET):
                _insert(model, [row])
        except (DatabaseError, ValueError) as error:
            said = str(error).splitlines()[0][:200]
            problem = Problem(said, file=model._meta.db_table, field=f"clé {row.pk}")
            return Invalid(
                "portal.copy-value",
                "Une ligne ne tient pas dans la base d'arrivée : rien n'est copié. Corrigez-la "
                "dans la base de départ, puis recommencez.",
                [problem],
            )
    return None


def _set_sequences(models: list[type[Model]]) -> None:
    """New rows continue after the copied ones."""
    with connections[TARGET].cursor() as cursor:
        for statement in connections[TARGET].ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _digest(model: type[Model], database: str) -> tuple[int, int]:
    """How many rows a table has, and a number that depends on every value but not on their order
    (databases sort texts differently)."""
    names = [field.attname for field in _fields(model)]
    count = digest = 0
    rows = model._base_manager.using(database).order_by().values_list(*names)
    for row in rows.iterator(chunk_size=2_000):
        text = json.dumps([_plain(value) for value in row], sort_keys=True, default=str)
        digest ^= int.from_bytes(hashlib.sha256(text.encode()).digest())
        count += 1
    return count, digest


def _plain(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
