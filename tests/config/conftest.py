"""The proof of the example, for tests of the whole."""

from tests.example.conftest import proof

__all__ = ["proof"]
