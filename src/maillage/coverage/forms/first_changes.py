"""The changes that an address asks a scenario to begin with."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.http import QueryDict

from maillage.coverage.forms.scenarios import CHANGE_FORMS
from maillage.coverage.queries.scenarios import list_first_changes
from maillage.vocabulary.errors import Invalid

LONGEST_JSON = 20_000
"""Characters of a list of changes in an address or in the hidden field of the form."""


def read_first_changes(given: QueryDict, *, at: datetime) -> tuple[list[dict[str, Any]], str]:
    """The changes, as JSON not checked yet, and what is wrong with what was given; both empty when
    nothing is asked.

    Either ``changement`` (JSON: a change or a list of them), or ``sans`` and ``reconduire`` (what
    would be taken away, or carried on), or ``nature`` and the fields of its short form.
    """
    text = given.get("changement", "")
    if text:
        try:
            read = json.loads(text[:LONGEST_JSON])
        except (ValueError, RecursionError):
            return [], "Ce lien ne dit pas un changement."
        return (read if isinstance(read, list) else [read]), ""
    if "sans" in given or "reconduire" in given:
        try:
            return list_first_changes(given, at=at), ""
        except Invalid as error:
            return [], error.message
    kind = CHANGE_FORMS.get(given.get("nature", ""))
    if kind is None:
        return [], ""
    form = kind(given, now=at)
    if form.is_valid():
        return [form.as_json()], ""
    return [], form.errors_in_words()
