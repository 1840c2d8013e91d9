"""The JSON interface: each room's router under one described root (OpenAPI)."""

from ninja import NinjaAPI

api = NinjaAPI(title="Maillage", version="1", urls_namespace="api", docs_url="docs")

urlpatterns = api.urls[0]
app_name = "api"
