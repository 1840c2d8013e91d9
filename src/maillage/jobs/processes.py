"""Processes of this machine: is the one that was meant still alive?

A number alone does not name a process, since numbers come back: its birth goes with it. Where the
system does not tell births (no ``/proc``), the number alone decides, and a silent worker is held
for dead by its missing signs only.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

GONE = ("Z", "X")
"""States of a process that has ended and only waits for its parent to take notice."""


@dataclass(frozen=True)
class Process:
    """A process: the machine (as far as process numbers mean the same), its number, its birth."""

    machine: str
    pid: int
    birth: str = ""

    def is_alive(self) -> bool | None:
        """True or False for a process of this machine; None for one that runs elsewhere."""
        if self.machine != machine():
            return None
        found = _stat(self.pid)
        if found is not None:
            state, birth = found
            return state not in GONE and self.birth in ("", birth)
        if Path("/proc/self/stat").exists():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def machine() -> str:
    """The name of this machine, of its present start and of its space of process numbers: two
    containers that bear one name do not see each other's processes."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8])
        parts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        pass
    return " ".join(parts)[:200]


def get_process(pid: int) -> Process:
    """The process of this number on this machine, as it is now."""
    found = _stat(pid)
    return Process(machine(), pid, found[1] if found else "")


def _stat(pid: int) -> tuple[str, str] | None:
    """State and birth (in ticks since the start of the machine) of a process, if there is one."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]
