"""Who is ill, where, what could have been avoided: cohorts, rates, pathways, with their evidence.

Pure computation over the events of a population (:mod:`~maillage.engines.indicators.events`), kept
as sorted columns on disk. Each cohort and each indicator is defined once, in a file of
``definitions/`` with its version and its source, and written once as Ibis expressions: DuckDB runs
them by default, Spark and PostgreSQL run the same.

What comes out is tables of counts (:mod:`~maillage.engines.indicators.results`); nothing of them is
shown before :mod:`~maillage.engines.indicators.publication` has hidden what is small.

Command line: ``python -m maillage.engines.indicators``.
"""
