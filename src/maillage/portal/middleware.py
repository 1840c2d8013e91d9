"""Turns the refusals of rules into pages, or into JSON problems (RFC 9457) under ``/api/``."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from maillage.vocabulary.errors import Invalid, MaillageError


class RefusalMiddleware:
    """A ``MaillageError`` that a view lets through becomes an answer of its status. Anything else
    is a bug and stays one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, MaillageError):
            return None
        if request.path.startswith("/api/"):
            return problem_response(exception)
        template = f"portal/errors/{exception.status}.html"
        return render(request, template, {"error": exception}, status=exception.status)


def problem_response(error: MaillageError) -> JsonResponse:
    """The JSON problem of an error: type, title, status, detail and, for inputs, each defect."""
    body: dict[str, object] = {
        "type": f"urn:maillage:{error.code}",
        "title": error.message,
        "status": error.status,
    }
    if isinstance(error, Invalid) and error.problems:
        body["problems"] = [problem.as_dict() for problem in error.problems]
    return JsonResponse(body, status=error.status, content_type="application/problem+json")
