"""A table of a page as a file: asked for with its purpose, written down in the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from django.http import HttpResponse
from django.shortcuts import render

from maillage.accounts.http import Request
from maillage.population import actions
from maillage.population.enums import FileFormat
from maillage.population.forms.figures import FigureFileForm
from maillage.population.queries.frame import get_frame
from maillage.population.queries.results import Results
from maillage.population.views.answers import download, put_back
from maillage.vocabulary.errors import Invalid


class FigureFile(Protocol):
    """What goes into a file: published figures only."""

    @property
    def title(self) -> str: ...

    @property
    def columns(self) -> Mapping[str, Sequence[str | int | float | None]]: ...

    @property
    def filters(self) -> Mapping[str, str]: ...

    @property
    def rows(self) -> int: ...


def answer_file(
    request: Request, results: Results, found: FigureFile, *, back_url: str, back: str
) -> HttpResponse:
    """The form that asks what a file is for; once said, the file. ``back`` names the page that it
    was asked from."""
    form = FigureFileForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.export(
                results=results,
                what=found.title,
                format=FileFormat(form.cleaned_data["format"]),
                columns=found.columns,
                filters=found.filters,
                purpose=form.cleaned_data["purpose"],
                by=request.actor,
                at=request.now,
            )
        except Invalid as error:
            put_back(form, error)
        else:
            return download(made)
    context = {
        "frame": get_frame(by=request.actor, at=request.now),
        "file": found,
        "form": form,
        "back_url": back_url,
        "back": back,
    }
    return render(request, "population/export.html", context, status=422 if form.is_bound else 200)
