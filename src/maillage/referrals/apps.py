"""Registration of the referrals room."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    """The referrals room."""

    name = "maillage.referrals"
    label = "referrals"
    default_auto_field = "django.db.models.BigAutoField"
