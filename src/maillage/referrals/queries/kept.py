"""Quantiles that were computed already, kept as long as the requests that they come from are the
same.

Every act on a request raises its version: the number of requests, the sum of their versions and the
latest change say whether any of them moved. Only acts touch what a quantile reads (instants, kind,
priority, team, agreement); the counts that a watch may change alone (``was_late``) are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet, Sum

from maillage.referrals.models import Referral
from maillage.referrals.queries.scopes import Scope

T = TypeVar("T")

KEPT_SECONDS = 24 * 3600

STAMP = {"stamp_sent": Count("id"), "stamp_versions": Sum("version"), "stamp_at": Max("changed_at")}
"""The columns of a stamp, for a query that counts the same requests anyway."""


Stamp = tuple[Hashable, ...]
"""What tells two states of a set of requests apart."""


def read_stamp(requests: QuerySet[Referral]) -> Stamp:
    """The stamp of some requests. One query."""
    found = requests.aggregate(**STAMP)
    return tuple(found[name] for name in STAMP)


def keep(
    name: str, scope: Scope, asked: tuple[str, ...], stamp: Stamp, compute: Callable[[], T]
) -> T:
    """What ``compute`` gives, or gave for the same requests to a reader of the same scope.
    ``name`` and ``asked`` say what it is: a kind of figures, and the choices that it depends on."""
    seen = (
        scope.is_everywhere,
        sorted(scope.organizations),
        sorted(scope.agreements),
        sorted(scope.groups),
    )
    digest = sha256(repr((seen, asked, stamp)).encode()).hexdigest()
    key = f"referrals.{name}.{digest}"
    # In a tuple, so that a result which is empty is known from none.
    kept: tuple[T] | None = cache.get(key)
    if kept is not None:
        return kept[0]
    made = compute()
    cache.set(key, (made,), KEPT_SECONDS)
    return made
