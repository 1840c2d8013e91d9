"""Who may log in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest


class PeopleBackend(ModelBackend):
    """Refuses closed accounts, and demonstration accounts where the demonstration is not on; both
    at log-in and at every request of a session that was open before."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        """Notes on the request that a password was tried: a closed door stops it before this."""
        if request is not None:
            request.password_was_tried = True  # type: ignore[attr-defined]
        return super().authenticate(request, username=username, password=password, **more)

    def user_can_authenticate(self, user: Any) -> bool:
        return is_welcome(user)


def is_welcome(user: Any) -> bool:
    """True when this account may act at all."""
    return bool(user.is_active) and (not user.is_demo or settings.DEMO_ACCOUNTS_ALLOWED)
