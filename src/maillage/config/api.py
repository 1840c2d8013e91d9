"""The JSON interface: each room's router under one described root (OpenAPI)."""

from ninja import NinjaAPI

from maillage.accounts import api as accounts_api

api = NinjaAPI(
    title="Maillage",
    version="1",
    urls_namespace="api",
    docs_url="docs",
    auth=accounts_api.auth,
)
api.add_router("", accounts_api.router)

urlpatterns = api.urls[0]
app_name = "api"
