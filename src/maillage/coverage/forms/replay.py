"""A question about the past."""

from __future__ import annotations

from maillage.coverage.forms.asking import DemandForm, InstantField


class ReplayForm(DemandForm):
    """A place, a need, an age and an instant, which must be given."""

    le = InstantField(
        label="Date et heure",
        required=True,
        error_messages={"required": "Indiquez la date et l'heure à rejouer."},
    )
