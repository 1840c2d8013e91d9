"""The JSON interface: each room's router under one described root (OpenAPI 3.1).

Deny by default: every address asks for a session or a key (``accounts.api``). Refusals are JSON
problems (RFC 9457), made by the portal's middleware for pages and here for routes.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja.errors import AuthenticationError, HttpError, ValidationError

from maillage.accounts.api import auth, key_place
from maillage.accounts.api import router as accounts
from maillage.accounts.organizations import list_names
from maillage.agreements.api import router as agreements
from maillage.config.description import Interface, SafeParser
from maillage.coverage.api import router as coverage
from maillage.directory.api import router as directory
from maillage.jobs.api import router as jobs
from maillage.oncall.api import router as oncall
from maillage.pathways.api import router as pathways
from maillage.patients.api import router as patients
from maillage.population.api import router as population
from maillage.portal.middleware import problem_response
from maillage.referrals.api import routers as referrals
from maillage.territory.api import router as territory
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, NotKnown, Problem
from maillage.workforce.api import router as workforce

api = Interface(
    title="Maillage",
    version="1",
    description="Le territoire, ses conventions, ses filières, qui prend en charge, les patients "
    "et leurs adressages. Une clé agit pour un seul établissement ; chaque lecture d'un dossier a "
    "une base légale et laisse une trace.",
    urls_namespace="api",
    docs_url="docs",
    auth=auth,
    parser=SafeParser(),
)
for prefix, router in (
    ("/comptes", accounts),
    ("/travaux", jobs),
    ("/territoire", territory),
    ("/annuaire", directory),
    ("/conventions", agreements),
    ("/filieres", pathways),
    ("/effectifs", workforce),
    ("/astreintes", oncall),
    ("/couverture", coverage),
    ("/population", population),
    ("/patients", patients),
    *(("/adressages", part) for part in referrals),
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
    "int_type": "un nombre entier est attendu",
    "int_from_float": "un nombre entier est attendu",
    "bool_type": "oui ou non est attendu",
    "string_too_short": "ce texte est trop court",
    "string_pattern_mismatch": "cette valeur n'a pas la forme attendue",
    "date_type": "une date est attendue (2026-12-24)",
    "datetime_type": "un instant est attendu (2026-12-24T03:15:00+01:00)",
    "datetime_parsing": "un instant est attendu (2026-12-24T03:15:00+01:00)",
    "datetime_from_date_parsing": "un instant est attendu (2026-12-24T03:15:00+01:00)",
    "timezone_aware": "le décalage horaire de cet instant manque (+01:00)",
    "extra_forbidden": "ce champ n'est pas connu",
    "list_type": "une liste est attendue",
    "dict_type": "un objet est attendu",
    "model_attributes_type": "un objet est attendu",
    "model_type": "un objet est attendu",
    "too_long": "cette liste est trop longue",
    "literal_error": "cette valeur n'est pas dans la liste",
    "enum": "cette valeur n'est pas dans la liste",
}
"""French words for the defects that the reader of requests names in English."""


def _words(defect: dict[str, Any]) -> str:
    if defect["type"] == "value_error":  # said by our own shapes, in French
        return str(defect["msg"]).removeprefix("Value error, ")
    return SHAPES.get(str(defect["type"]), "cette valeur ne convient pas")


@api.exception_handler(MaillageError)
def refuse(request: HttpRequest, error: MaillageError) -> HttpResponse:
    """A refusal of a rule, as a JSON problem. To a program whose key is limited to one
    organization it also says so: its owner may well hold the right elsewhere."""
    place = key_place(request) if isinstance(error, NotAllowed) else None
    if place is None:
        return problem_response(error)
    where = list_names().get(place, place) if place else "les rôles de tout le territoire"
    return problem_response(error, detail=f"Cette clé n'agit que pour : {where}.")


@api.exception_handler(HttpError)
def refuse_body(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that cannot be read. What it holds is not repeated."""
    refusal = Invalid("api.body", "Le corps de la demande n'est pas du JSON lisible.")
    return problem_response(refusal, status=error.status_code)


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
