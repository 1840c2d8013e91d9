"""Files that come over the web: kept under their own names in a folder of ours, until read."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from django.core.files.base import File

from maillage.population.rules.files import check_names


def keep_files(files: Sequence[File], folder: Path) -> list[str]:
    """Write the files into a new folder, readable by this installation only; their names. Nothing
    stays when one cannot be written. Raises :class:`Invalid` for names that are refused, before
    anything is written."""
    names = check_names([str(one.name or "") for one in files])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        for name, one in zip(names, files, strict=True):
            with (folder / name).open("wb") as target:
                for chunk in one.chunks():
                    target.write(chunk)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return names
