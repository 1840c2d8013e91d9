"""Jobs (travaux) : work done in the background, that no stopped machine loses.

Holds jobs with their state, progress and refusal, the workers that run them and the calendar of
regular work. Main actions: ``start`` (a job by the name of its kind, in the transaction that asks),
``ask_to_stop``. Beside the drawers: ``registry`` (a room declares its kinds in its own ``tasks``),
``context`` (what a handler is given), ``queue`` (the row that workers take), ``leases`` (who runs
what), ``processes`` (is a worker still alive), ``worker``. A job may run more than once, when the
worker that ran it died: its handler must be idempotent. Lower rooms used: accounts, vocabulary.
"""
