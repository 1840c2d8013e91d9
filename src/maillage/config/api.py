"""The JSON interface: each room's router under one described root (OpenAPI 3.1).

Deny by default: every address asks for a session or a key (``accounts.api``). Refusals are JSON
problems (RFC 9457), made by the portal's middleware for pages and here for routes.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import ValidationError

from maillage.accounts.api import auth
from maillage.accounts.api import router as accounts
from maillage.agreements.api import router as agreements
from maillage.coverage.api import router as coverage
from maillage.directory.api import router as directory
from maillage.oncall.api import router as oncall
from maillage.pathways.api import router as pathways
from maillage.portal.middleware import problem_response
from maillage.territory.api import router as territory
from maillage.vocabulary.errors import Invalid, MaillageError, Problem

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
    ("/territoire", territory),
    ("/annuaire", directory),
    ("/conventions", agreements),
    ("/filieres", pathways),
    ("/astreintes", oncall),
    ("/couverture", coverage),
):
    api.add_router(prefix, router)


@api.exception_handler(MaillageError)
def refuse(request: HttpRequest, error: MaillageError) -> HttpResponse:
    """A refusal of a rule, as a JSON problem."""
    return problem_response(error)


@api.exception_handler(ValidationError)
def refuse_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A request of the wrong shape, as a JSON problem that names each field."""
    problems = [
        Problem(str(defect["msg"]), field=".".join(str(part) for part in defect["loc"]))
        for defect in error.errors
    ]
    return problem_response(Invalid("api.shape", "La demande n'a pas la forme attendue.", problems))


urlpatterns: list[URLPattern | URLResolver] = api.urls[0]
app_name = "api"
