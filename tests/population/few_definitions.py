"""Definitions of the product, fewer of them: the way to results is tried, not each count."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from types import ModuleType

from maillage.engines.indicators import definitions, path_rules, pyramid_rules

SHIPPED = definitions.FOLDER


def write_few(folder: Path, **kept: Collection[str]) -> dict[ModuleType, Path]:
    """Write the definitions of the product into a new folder; of each sort that is named
    (``indicators``, ``pathways``...), those of these keys only. What they name must be among them.
    Gives what ``FOLDER`` must be in each module that reads definitions."""
    shutil.copytree(SHIPPED, folder)
    for sort, keys in kept.items():
        for path in (folder / sort).glob("*.toml"):
            if path.stem not in keys:
                path.unlink()
    return {
        definitions: folder,
        pyramid_rules: folder / "pyramids",
        path_rules: folder / "pathways",
    }
