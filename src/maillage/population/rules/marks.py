"""Words that say what data figures are made of."""

from __future__ import annotations

from datetime import date
from typing import Protocol

SYNTHETIC = "Données synthétiques"


class _DataSet(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...


class _Version(Protocol):
    @property
    def number(self) -> int: ...

    @property
    def first_on(self) -> date: ...

    @property
    def last_on(self) -> date: ...


class _Results(Protocol):
    @property
    def is_synthetic(self) -> bool: ...

    @property
    def dataset(self) -> _DataSet: ...

    @property
    def version(self) -> _Version: ...


def data_words(results: _Results) -> str:
    """« Données synthétiques : territoire d'exemple, version 1, du 01/01/2021 au 31/12/2025 »."""
    version = results.version
    words = (
        f"{results.dataset.name}, version {version.number}, du {version.first_on:%d/%m/%Y} "
        f"au {version.last_on:%d/%m/%Y}"
    )
    return f"{SYNTHETIC} : {words}" if results.is_synthetic else words
