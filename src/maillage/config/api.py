"""The JSON interface: each room's router under one described root (OpenAPI 3.1).

Deny by default: every address asks for a session or a key (``accounts.api``). Refusals are JSON
problems (RFC 9457), made by the portal's middleware for pages and here for routes.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError

from maillage.accounts.api import auth
from maillage.accounts.api import router as accounts
from maillage.agreements.api import router as agreements
from maillage.coverage.api import router as coverage
from maillage.directory.api import router as directory
from maillage.jobs.api import router as jobs
from maillage.oncall.api import router as oncall
from maillage.pathways.api import router as pathways
from maillage.portal.middleware import problem_response
from maillage.territory.api import router as territory
from maillage.vocabulary.errors import Invalid, MaillageError, NotKnown, Problem

api = NinjaAPI(
    title="Maillage",
    version="1",
    description="Le territoire, ses conventions, ses filières, et qui prend en charge.",
    urls_namespace="api",
    docs_url="docs",
    auth=auth,
)
for prefix, router in (
    ("/comptes", accounts),
    ("/travaux", jobs),
    ("/territoire", territory),
    ("/annuaire", directory),
    ("/conventions", agreements),
    ("/filieres", pathways),
    ("/astreintes", oncall),
    ("/couverture", coverage),
):
    api.add_router(prefix, router)


SHAPES = {
    "missing": "ce champ est obligatoire",
    "int_parsing": "un nombre entier est attendu",
    "float_parsing": "un nombre est attendu",
    "bool_parsing": "oui ou non est attendu",
    "string_type": "un texte est attendu",
    "date_from_datetime_parsing": "une date est attendue (2026-12-24)",
    "date_parsing": "une date est attendue (2026-12-24)",
    "string_too_long": "ce texte est trop long",
    "greater_than_equal": "ce nombre est trop petit",
    "less_than_equal": "ce nombre est trop grand",
    "literal_error": "cette valeur n'est pas dans la liste",
    "enum": "cette valeur n'est pas dans la liste",
}
"""French words for the defects that the reader of requests names in English."""


def _words(defect: dict[str, Any]) -> str:
    return SHAPES.get(str(defect["type"]), str(defect["msg"]))


@api.exception_handler(MaillageError)
def refuse(request: HttpRequest, error: MaillageError) -> HttpResponse:
    """A refusal of a rule, as a JSON problem."""
    return problem_response(error)


@api.exception_handler(AuthenticationError)
def refuse_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Nobody is known behind the request: no session, no key, or a key that is no longer good."""
    return problem_response(
        NotKnown("api.unauthenticated", "Connectez-vous, ou présentez une clé valable.")
    )


@api.exception_handler(ValidationError)
def refuse_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A request of the wrong shape, as a JSON problem that names each field."""
    problems = [
        Problem(_words(defect), field=".".join(str(part) for part in defect["loc"]))
        for defect in error.errors
    ]
    return problem_response(Invalid("api.shape", "La demande n'a pas la forme attendue.", problems))


urlpatterns: list[URLPattern | URLResolver] = api.urls[0]
app_name = "api"
