"""Put the small territory of the tests on a site that a browser visits, unless figures are already
there: ``python -m tests.population.territory_program``. ``MAILLAGE_DATA`` names its folder."""

from __future__ import annotations

import django

if __name__ == "__main__":
    django.setup()

    from maillage.population.actions.publishing import prepare_published
    from maillage.population.models import Computation, DataSet
    from maillage.population.queries.results import get_results
    from tests.population.territory_by_hand import put_territory

    if not Computation.objects.filter(is_current=True).exists():
        DataSet.objects.filter(slug="essai", versions=None).delete()
        prepare_published(get_results(put_territory().pk))
