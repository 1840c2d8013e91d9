"""Pages of the errors that Django itself raises."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; 413 for a file over the limit, which is said: nothing else tells its sender why."""
    if isinstance(exception, RequestDataTooBig):
        most = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
        return render(request, "portal/errors/413.html", {"most": most}, status=413)
    return render(request, "portal/errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "portal/errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "portal/errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/errors/500.html", status=500)
