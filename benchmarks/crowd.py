"""Fifty people at once against a real server: lists, polls, requests opened, written and answered.

The server is granian on a free port of this computer, with two workers, as ``serve`` starts it; the
people are threads with a session each. Each one thinks for a second or so between two clicks. A
refusal (409) is a race that the product settled: it is counted, and is no error. Anything else that
is not an answer is an error.
"""

from __future__ import annotations

import html
import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from benchmarks._measure import percentile

ROLES: tuple[tuple[str, int], ...] = (
    ("demo-medecin", 20),
    ("demo-garde", 10),
    ("demo-garde-maubeuge", 10),
    ("demo-garde-valenciennes", 5),
    ("demo-regulateur", 4),
    ("demo-direction", 1),
)
"""Accounts and how many of fifty people use each: several sessions of one account are several
people to the server."""

THINK_S = 1.0
WAIT_S = 60.0
TOKEN = "a" * 32
RACES = frozenset({409})
DONE = frozenset({200, 204, 302})
KEY = re.compile(r'href="/adressages/([2-9A-Z]{10})"')
STAMP = re.compile(r'hx-get="([^"]*vu=[^"]*)"')
HIDDEN = re.compile(r'<input[^>]*name="(version|acte|premiere|jeton)"[^>]*>')
VALUE = re.compile(r'value="([^"]*)"')
FORM = re.compile(r'<form[^>]*action="/adressages/[2-9A-Z]{10}/faire"[^>]*>.*?</form>', re.DOTALL)


@dataclass
class Seen:
    """What everybody met, under a lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    races: int = 0

    def note(self, name: str, status: int, spent: float) -> None:
        """One answer; ``status`` 0 is none at all."""
        with self.lock:
            self.times[name].append(spent * 1000)
            if status in RACES:
                self.races += 1
            elif status not in DONE:
                self.errors[f"{name}: {status}"] += 1


class Person(threading.Thread):
    """Somebody at work: one connection, one session."""

    def __init__(self, port: int, who: tuple[str, str], patients: list[str], seen: Seen) -> None:
        super().__init__(daemon=True)
        self.username, self.session = who
        self.port, self.patients, self.seen = port, patients, seen
        self.draw = random.Random(self.session)
        self.until = 0.0
        self.keys: list[str] = []
        self.polls: list[str] = []
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)

    def run(self) -> None:
        while time.monotonic() < self.until:
            time.sleep(self.draw.expovariate(1 / THINK_S))
            self._click()
        self.link.close()

    def _click(self) -> None:
        asks = self.username == "demo-medecin"
        answers = self.username.startswith("demo-garde")
        if self.username == "demo-direction":
            self._ask("figures", "GET", "/adressages/delais")
            return
        click = self.draw.choices(
            (self._list, self._poll, self._open, self._write, self._act),
            (30, 30, 20, 10 if asks else 0, 14 if answers else 3),
        )[0]
        click()

    def _list(self) -> None:
        lists = {
            "demo-medecin": ("/adressages/envoyees", "/adressages/retours"),
            "demo-regulateur": ("/adressages/transferts",),
        }.get(self.username, ("/adressages/", "/adressages/transferts"))
        _, page = self._ask("list", "GET", self.draw.choice(lists))
        self.keys = sorted(set(KEY.findall(page)))
        self.polls = [html.unescape(found) for found in STAMP.findall(page)]

    def _poll(self) -> None:
        if not self.polls:
            self._list()
        if self.polls:
            address = self.draw.choice(self.polls)
            self._ask("poll", "GET", address, {"HX-Request": "true", "X-Polling": "1"})

    def _open(self) -> str:
        """The page of a request of the last list."""
        if not self.keys or self.username == "demo-regulateur":
            self._list()
            return ""
        return self._ask("request", "GET", f"/adressages/{self.draw.choice(self.keys)}")[1]

    def _write(self) -> None:
        """A request: the form with the teams, then « Envoyer »."""
        patient = self.draw.choice(self.patients)
        asked = {
            "patient": patient,
            "filiere": "avc",
            "etape": "2",
            "nature": "OPINION",
            "priorite": "P1",
        }
        _, page = self._ask("form", "GET", f"/adressages/nouveau?{urlencode(asked)}")
        hidden = _hidden_of(page)
        if not hidden.get("jeton"):
            return
        self._ask(
            "send",
            "POST",
            "/adressages/nouveau",
            {},
            {
                **asked,
                "organisation": "ch-fourmies",
                "motif": "Déficit brutal : indication de thrombolyse ?",
                "resume": "Demande de la mesure.",
                "q_debut_connu": "observe",
                "q_debut": "0h05",
                "q_nihss": str(self.draw.randint(2, 20)),
                "equipe": hidden.get("premiere", ""),
                "premiere": hidden.get("premiere", ""),
                "accord": "AGREES",
                "rappel": "03 27 00 00 00",
                "jeton": hidden["jeton"],
                "acte": "envoyer",
            },
        )

    def _act(self) -> None:
        """The first act that the page offers and that this measure knows how to fill in."""
        page = self._open()
        for form in FORM.findall(page):
            hidden = _hidden_of(form)
            values = VALUES.get(hidden.get("acte", ""))
            action = re.search(r'action="([^"]+)"', form)
            if values is None or action is None:
                continue
            self._ask("act", "POST", action[1], {}, {**hidden, **values})
            return

    def _ask(
        self,
        name: str,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        sent = {
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        body = urlencode(form) if form is not None else None
        started = time.perf_counter()
        try:
            self.link.request(method, address, body, sent)
            answer = self.link.getresponse()
            page = answer.read().decode()
            status = answer.status
        except (OSError, http.client.HTTPException) as error:
            self.link.close()
            page, status = type(error).__name__, 0
        self.seen.note(name, status, time.perf_counter() - started)
        return status, page


VALUES: dict[str, dict[str, str]] = {
    "SEE": {},
    "ANSWER": {"conclusion": "Garder sur place, revoir demain."},
    "ACCEPT_MEDICALLY": {},
    "ACCEPT_BED": {"bed": "Lit 3"},
    "ACCEPT": {"bed": "Lit 3"},
    "GIVE_INFO": {"text": "Précision de la mesure."},
    "CLOSE": {},
    "TAKE_OVER": {},
}
"""Acts, and what they are given."""


def _hidden_of(page: str) -> dict[str, str]:
    found = {}
    for match in HIDDEN.finditer(page):
        value = VALUE.search(match[0])
        found[match[1]] = html.unescape(value[1]) if value else ""
    button = re.search(r'<button[^>]*name="acte"[^>]*value="([A-Z_]+)"', page)
    if "acte" not in found and button:
        found["acte"] = button[1]
    return found


def run_crowd(environment: Mapping[str, str], *, users: int, seconds: int) -> dict[str, Any]:
    """Start the server, let ``users`` people work for ``seconds``, stop it; the figures."""
    port = _free_port()
    prepared = subprocess.run(
        [sys.executable, "-m", "benchmarks.crowd", str(users)],
        env={**environment, "DJANGO_SETTINGS_MODULE": "maillage.config.settings"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = json.loads(prepared.stdout.splitlines()[-1])
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2"]
    command += ["--blocking-threads", "4", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning", "maillage.config.wsgi:application"]
    serving = subprocess.Popen(
        command, env={**environment, "DJANGO_SETTINGS_MODULE": "maillage.config.settings"}
    )
    try:
        _wait_for(port, serving)
        seen, lasted = _let_in(port, made, seconds)
        memory = _memory_mb(serving.pid)
    finally:
        serving.terminate()
        serving.wait(timeout=30)
    return _figures(seen, users, lasted, memory)


def _let_in(port: int, made: dict[str, Any], seconds: int) -> tuple[Seen, float]:
    seen = Seen()
    people = [
        Person(port, (username, session), made["patients"], seen)
        for username, session in made["sessions"]
    ]
    started = time.monotonic()
    for person in people:
        person.until = started + seconds
        person.start()
    for person in people:
        person.join(timeout=seconds + 2 * WAIT_S)
    return seen, time.monotonic() - started


def _figures(seen: Seen, users: int, lasted: float, memory: float) -> dict[str, Any]:
    everything = [one for times in seen.times.values() for one in times]
    if not everything:
        raise SystemExit("the crowd met no answer")
    figures: dict[str, Any] = {
        "crowd_users": users,
        "crowd_seconds": round(lasted, 1),
        "crowd_answers": len(everything),
        "crowd_answers_per_s": round(len(everything) / lasted, 1),
        "crowd_p50_ms": round(median(everything), 1),
        "crowd_p95_ms": round(percentile(everything, 0.95), 1),
        "crowd_errors": sum(seen.errors.values()),
        "crowd_races_refused": seen.races,
        "crowd_server_memory_mb": memory,
    }
    for name, times in sorted(seen.times.items()):
        figures[f"crowd {name}"] = (
            f"{len(times)} answers, median {median(times):.0f} ms, "
            f"p95 {percentile(times, 0.95):.0f} ms"
        )
    if seen.errors:
        figures["crowd errors"] = dict(seen.errors)
    return figures


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, serving: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if serving.poll() is not None:
            raise SystemExit("the server did not start")
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("the server does not answer")


def _memory_mb(pid: int) -> float:
    """Largest resident memory of the server and of its workers, in megabytes, added up."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        parent = re.search(r"^PPid:\s+(\d+)", text, re.MULTILINE)
        own = status.parent.name == str(pid)
        if own or (parent is not None and parent[1] == str(pid)):
            peak = re.search(r"^VmHWM:\s+(\d+)", text, re.MULTILINE)
            peaks.append(int(peak[1]) / 1024 if peak else 0)
    return round(sum(peaks), 1)


def _prepare(users: int) -> None:
    """In a process of its own: open the sessions, find patients of the doctor; one JSON line."""
    import django

    django.setup()
    from django.test import Client

    from benchmarks.moving import Moving
    from maillage.accounts.models import User

    whole = sum(share for _, share in ROLES)
    sessions = []
    for username, share in ROLES:
        for _ in range(max(1, round(share * users / whole))):
            client = Client()
            client.force_login(User.objects.get(username=username))
            sessions.append((username, client.cookies["sessionid"].value))
    patients = [one.key for one in Moving().patients]
    print(json.dumps({"sessions": sessions[:users], "patients": patients}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
    _prepare(int(sys.argv[1]))
