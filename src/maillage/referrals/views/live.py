"""Parts of pages that ask again by themselves, every fifteen seconds by default (ADR 0015).

A part holds a stamp of what it shows. The server compares: the same stamp is answered 204, and
nothing is drawn. The minute belongs to the stamp where lengths of time are shown, so that « il
reste 12 min » stays true; the answer then says that only the clock moved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from maillage.accounts.http import Request

SEEN = "vu"
"""Query parameter of the stamp that the browser holds."""

MINUTE = 60


@dataclass(frozen=True)
class Live:
    """What the part of a page needs to ask again: its address, stamp included, and how often, in
    seconds."""

    url: str

    @property
    def every(self) -> int:
        return int(settings.LIVE_SECONDS)


def is_poll(request: Request) -> bool:
    """True when a part of a page asks again by itself, without anybody having done anything."""
    return "X-Polling" in request.headers


def is_part(request: Request) -> bool:
    """True when the answer takes the place of a part of the page that is shown."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def without_stamp(request: Request) -> QueryDict:
    """The address's query as people share it, the stamp left out."""
    query = request.GET.copy()
    query.pop(SEEN, None)
    return query


def answer(
    request: Request,
    *,
    facts: str,
    whole: str,
    part: str,
    context: Callable[[], dict[str, Any]],
    ticks: bool = True,
) -> HttpResponse:
    """The page, its live part, or 204 when the browser already shows what there is. ``facts`` is
    the stamp of the data, one cheap query; ``context`` is only called when something is drawn.
    ``ticks``: the part shows lengths of time and is drawn again each minute."""
    seen = request.GET.get(SEEN, "")
    minute = f".{int(request.now.timestamp()) // MINUTE}" if ticks else ""
    stamp = f"{facts}{minute}"
    if is_poll(request) and seen == stamp:
        return HttpResponse(status=204)
    query = without_stamp(request)
    request.GET = query  # type: ignore[assignment]
    held = query.copy()
    held[SEEN] = stamp
    live = Live(f"{request.path}?{held.urlencode()}")
    name = part if is_part(request) else whole
    response = render(request, name, {**context(), "live": live})
    if is_poll(request) and ticks and seen.rpartition(".")[0] == facts:
        response["X-Clock-Only"] = "1"
    return response
