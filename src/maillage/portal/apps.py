"""Registration of the portal room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The portal room."""

    name = "maillage.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from maillage.accounts.acts import name_acts, name_details

        name_acts({"portal.load-territory": "Territoire chargé"})
        name_details("portal", {"communes": "communes"})
