"""Scenes that many tests begin with, written by the product once and as rows from then on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

Rows = dict[type[Model], list[Model]]


def remembered(build: Callable[[], None]) -> Callable[[], None]:
    """What a function writes into empty tables is remembered at its first call in a process, then
    written again as it was, keys included, a few times quicker. Where one of the tables holds
    something already the function itself is called. Only for functions that write rows and nothing
    else, the same each time."""
    known: Rows = {}

    @wraps(build)
    def built() -> None:
        if known and not _are_any(known):
            _write(known)
            return
        is_new = not known and not _are_any(_every_model())
        build()
        if is_new:
            known.update(_read())

    return built


def _every_model() -> list[type[Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not _is_of_django(model)]


def _is_of_django(model: type[Model]) -> bool:
    return not model.__module__.startswith("maillage.")


def _are_any(models: Rows | list[type[Model]]) -> bool:
    return any(model._base_manager.exists() for model in models)


def _read() -> Rows:
    every = {model: list(model._base_manager.all()) for model in _every_model()}
    return {model: rows for model, rows in every.items() if rows}


@transaction.atomic
def _write(known: Rows) -> None:
    # Keys to other tables are looked at when the transaction ends, in whatever order rows came.
    for model, rows in known.items():
        model._base_manager.bulk_create(rows)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(known)):
            cursor.execute(statement)
