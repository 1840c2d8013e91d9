"""Folders that take long to make, made once for all the processes of a run."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, made by the first process that wants it; the others wait for it.
    Nobody writes into it: who does takes a copy. Raises what ``make`` raises, to whoever made it:
    the next one tries again."""
    place = _of_the_run(factory)
    folder, being_made = place / f"{name}-made", place / f"{name}-being-made"
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(being_made, ignore_errors=True)
            being_made.mkdir()
            make(being_made)
            being_made.rename(folder)
    return folder


def was_made(factory: pytest.TempPathFactory, name: str) -> bool:
    """Whether a process of this run made the folder of this name."""
    return (_of_the_run(factory) / f"{name}-made").exists()


def _of_the_run(factory: pytest.TempPathFactory) -> Path:
    own = factory.getbasetemp()
    # Each process of a run that is spread has a folder of its own inside that of the run.
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
