"""Registration of the directory room."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """The directory room."""

    name = "maillage.directory"
    label = "directory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from maillage.accounts.organizations import register_names
        from maillage.directory.imports import TABLES
        from maillage.directory.queries import list_organization_names
        from maillage.exchange.tables import register

        register(*TABLES)
        register_names(lambda: dict(list_organization_names()))
