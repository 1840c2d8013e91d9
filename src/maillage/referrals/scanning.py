"""The search for viruses: a program of the installation reads a document on its standard input.

``MAILLAGE_SCANNER`` names it with its options (``clamdscan --fdpass --no-summary -``). It ends with
0 when it found nothing, 1 when it found a virus (the convention of ClamAV); anything else is a
failure, and the document waits. Without a program, documents are marked as not searched.
"""

from __future__ import annotations

import shlex
import subprocess

from django.conf import settings

from maillage.referrals.enums import ScanState

TIMEOUT_S = 120


class ScannerFailed(Exception):
    """The program did not say; the document is searched again later."""


def has_scanner() -> bool:
    """True when this installation searches documents."""
    return bool(settings.SCANNER)


def scan(content: bytes) -> ScanState:
    """What the program says of a content. Raises :class:`ScannerFailed`."""
    if not has_scanner():
        return ScanState.NOT_SCANNED
    try:
        done = subprocess.run(  # noqa: S603 - the program that the installation names
            shlex.split(settings.SCANNER),
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScannerFailed(type(error).__name__) from error
    if done.returncode not in (0, 1):
        raise ScannerFailed(f"exit code {done.returncode}")
    return ScanState.INFECTED if done.returncode else ScanState.CLEAN
