"""The front door: ``./maillage`` in any POSIX shell, and the words that it hands over.

Nothing is installed: pythons and installers are small scripts that write down how they were called.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "maillage"
SHELLS = [shell for shell in ("sh", "dash", "bash", "busybox") if shutil.which(shell)]
TOOLS = ("dirname", "cat", "cksum", "mkdir", "printf", "sh", "env")

PYTHON = """\
#!/bin/sh
printf '%s\\n' "python $*" >>"{log}"
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin"; cat "$0" >"$3/bin/python"; chmod +x "$3/bin/python"
        cat "{bin}/uv" >"$3/bin/uv"; chmod +x "$3/bin/uv" ;;
    "-c import sysconfig"*) printf '%s\\n' "{site}" ;;
    "-m maillage.config.front") exit 7 ;;
esac
"""
OLD_PYTHON = """\
#!/bin/sh
case "$1" in
    --version) echo "Python 3.9.2" ;;
    *) exit 1 ;;
esac
"""
UV = """\
#!/bin/sh
printf '%s\\n' "uv $*" >>"{log}"
"""


@dataclass(frozen=True)
class Room:
    """A folder of its own: the only programs in reach, an environment to be, a log of calls."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def venv(self) -> Path:
        return self.folder / "venv"

    def put(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.write_text(text.format(log=self.log, bin=self.bin, site=self.folder))
        path.chmod(0o755)
        return path

    @property
    def log(self) -> Path:
        return self.folder / "calls.log"

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def run(self, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "MAILLAGE_VENV": str(self.venv), **extra}
        return subprocess.run(
            [str(shutil.which("sh")), str(SCRIPT), *words],
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    made.bin.mkdir()
    for tool in (*TOOLS, "chmod"):
        if found := shutil.which(tool):
            (made.bin / tool).symlink_to(found)
    return made


@pytest.fixture
def good_room(room: Room) -> Room:
    room.put("uv", UV)
    room.put("python3", PYTHON)
    return room


# The script


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_reads_the_script(shell: str) -> None:
    words = [shell, "sh"] if shell == "busybox" else [shell]
    done = subprocess.run([*words, "-n", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_is_posix_and_can_be_run() -> None:
    assert SCRIPT.read_text().splitlines()[0] == "#!/bin/sh"
    assert os.access(SCRIPT, os.X_OK)


def test_the_first_call_makes_the_environment_and_says_how_far_it_is(good_room: Room) -> None:
    done = good_room.run("who", "--commune", "Le Quesnoy")
    calls = good_room.calls()
    assert [line for line in calls if line.startswith("python -m venv")]
    installs = [line for line in calls if line.startswith("uv pip install")]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert "requirements/runtime.txt" in installs[0]
    assert calls[-1] == "python -m maillage.config.front who --commune Le Quesnoy"
    assert done.returncode == 7, "the exit code is that of the command"
    assert done.stdout == "", "progress never mixes with what the command prints"
    assert [f"[{n}/3]" in done.stderr for n in (1, 2, 3)] == [True] * 3


def test_the_second_call_installs_nothing(good_room: Room) -> None:
    good_room.run("help")
    good_room.log.unlink()
    done = good_room.run("help")
    assert good_room.calls() == ["python -m maillage.config.front help"]
    assert done.stderr == ""


def test_words_of_developers_need_more_and_serve_for_the_rest(good_room: Room) -> None:
    good_room.run("check")
    assert any("requirements/dev.txt" in line for line in good_room.calls())
    good_room.log.unlink()
    good_room.run("serve")
    assert good_room.calls() == ["python -m maillage.config.front serve"]


def test_a_failed_installation_is_tried_again(good_room: Room) -> None:
    good_room.put("uv", UV + "exit 1\n")
    assert good_room.run("help").returncode != 0
    assert not any("maillage.config.front" in line for line in good_room.calls())
    good_room.put("uv", UV)
    shutil.copy(good_room.bin / "uv", good_room.venv / "bin" / "uv")
    good_room.log.unlink()
    good_room.run("help")
    assert any(line.startswith("uv pip install") for line in good_room.calls())
    assert good_room.calls()[-1] == "python -m maillage.config.front help"


def test_words_with_spaces_and_quotes_arrive_whole(good_room: Room) -> None:
    good_room.run("who", "--le", "22/11/2026 3h", "--commune", "L'Épine $HOME *")
    assert good_room.calls()[-1].endswith("who --le 22/11/2026 3h --commune L'Épine $HOME *")


@pytest.mark.parametrize("named", [True, False])
def test_a_python_that_is_too_old_is_told_clearly(room: Room, named: bool) -> None:
    old = room.put("python3", OLD_PYTHON)
    extra = {"MAILLAGE_PYTHON": str(old)} if named else {}
    done = room.run("demo", **extra)
    assert done.returncode != 0
    for words in ("3.11", "Python 3.9.2", "MAILLAGE_PYTHON"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not room.venv.exists()


def test_no_python_at_all_is_told_clearly(room: Room) -> None:
    done = room.run("demo")
    assert done.returncode != 0
    assert "3.11" in done.stderr
    assert not room.venv.exists()


def test_a_named_python_comes_before_the_others(good_room: Room) -> None:
    good_room.put("python3.11", OLD_PYTHON)
    chosen = good_room.put("mine", PYTHON)
    good_room.run("help", MAILLAGE_PYTHON=str(chosen))
    assert good_room.calls()[-1] == "python -m maillage.config.front help"


# The words


def front(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maillage.config.front", *words],
        env={**os.environ, "MAILLAGE_DATA": str(data), "PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        yield somebody.getsockname()[1]


def test_help_names_the_two_first_commands(tmp_path: Path) -> None:
    done = front("help", data=tmp_path)
    assert done.returncode == 0
    for word in ("demo", "serve", "test", "check", "bench", "who", "load"):
        assert f"\n  {word}" in done.stdout
    assert front(data=tmp_path).stdout == done.stdout


@pytest.mark.parametrize("word", ["demo", "serve"])
def test_a_taken_port_is_told_before_anything_is_done(
    tmp_path: Path, taken_port: int, word: str
) -> None:
    done = front(word, "--adresse", f"127.0.0.1:{taken_port}", data=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"127.0.0.1:{taken_port}" in said
    assert "n'est pas libre" in said
    assert "--adresse" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["8000", "127.0.0.1:", "127.0.0.1:abc", "127.0.0.1:70000"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    done = front("demo", "--adresse", address, data=tmp_path)
    assert done.returncode != 0
    assert address in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_option_shows_the_usage(tmp_path: Path) -> None:
    done = front("demo", "--port", "8000", data=tmp_path)
    assert done.returncode != 0
    assert "--port" in done.stderr
    assert "Usage" in done.stderr
