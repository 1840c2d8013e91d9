"""The version of the rule and of the way it is computed: proofs carry it, fingerprints hold it."""

ENGINE_VERSION = "1.0"
"""Raised when the same network may give other figures, or tables another shape."""
