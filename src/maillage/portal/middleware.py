"""Turns the refusals of rules into pages, or into JSON problems (RFC 9457) under ``/api/``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from maillage.accounts.turns import lost_its_turn
from maillage.vocabulary.errors import Invalid, MaillageError, Refusal

_NUL = re.compile(r"%00|\x00")
NUL_SENTENCE = "Ce qui a été envoyé contient un signe qui n'a pas de sens (NUL)."


class RefusalMiddleware:
    """A ``MaillageError`` that a view lets through becomes an answer of its status; so does an act
    that gave way to another one in the database. Anything else is a bug and stays one.

    A NUL sign (``%00``) in an address or in a form is refused before any view reads it: no name
    holds one, and PostgreSQL takes none in a text.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or _NUL.search(request.META.get("QUERY_STRING", "")):
            return self._answer(request, Invalid("portal.nul", NUL_SENTENCE))
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        # After the check against forged forms, which has read the form already.
        if request.method == "POST" and any(
            "\0" in text for _, texts in request.POST.lists() for text in texts
        ):
            return self._answer(request, Invalid("portal.nul", NUL_SENTENCE))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if lost_its_turn(exception):
            exception = Refusal(
                "portal.busy",
                "Un autre enregistrement était en cours au même endroit : rien n'est écrit. "
                "Recommencez dans un instant.",
            )
        return self._answer(request, exception) if isinstance(exception, MaillageError) else None

    def _answer(self, request: HttpRequest, exception: MaillageError) -> HttpResponse:
        if request.path.startswith("/api/"):
            return problem_response(exception)
        template = f"portal/errors/{exception.status}.html"
        return render(request, template, {"error": exception}, status=exception.status)


def problem_response(
    error: MaillageError, *, detail: str = "", status: int | None = None
) -> JsonResponse:
    """The JSON problem of an error: type, title, status, detail; for a rule that says no, its
    values (who acted, when); for inputs, each defect. ``status`` replaces that of the error."""
    status = status or error.status
    body: dict[str, object] = {
        "type": f"urn:maillage:{error.code}",
        "title": error.message,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    if isinstance(error, Refusal) and error.details:
        body["details"] = dict(error.details)
    if isinstance(error, Invalid) and error.problems:
        body["problems"] = [problem.as_dict() for problem in error.problems]
    return JsonResponse(body, status=status, content_type="application/problem+json")
