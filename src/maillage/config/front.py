"""The ``maillage`` command: what every word of the front door does.

``demo``, ``serve``, ``test``, ``check``, ``bench`` and ``lock`` are written here; every other word
is a command of a room (``who``, ``load_example``, ``import_table`` ...).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

REPOSITORY = Path(__file__).resolve().parents[3]
DEFAULT_ADDRESS = "127.0.0.1:8000"

HELP = """\
Usage : ./maillage COMMANDE [OPTIONS]

  demo [--adresse 127.0.0.1:8000]   prépare tout, charge le territoire d'exemple et le sert
  serve [--adresse ...]             sert le site, sans rien charger
        [--sans-travaux]            (demo, serve) sans exécutants des travaux d'arrière-plan
  run_worker                        exécute les travaux d'arrière-plan, à part du site
  who --commune 59249 --besoin avc --age 70 --le "22/11/2026 3h"
                                    qui prend en charge ? (texte, ou --json)
  load DOSSIER                      charge un territoire depuis un dossier de listes
  load_communes 59 62               charge les communes de départements
  import_table LISTE FICHIER        importe une liste (--dry-run : sans rien écrire)
  export_table LISTE                écrit une liste
  network --sortie reseau.json      écrit le réseau du moteur (JSON)
  prove [--du 01/01/2027] [--au 30/06/2027] [--filiere avc]
                                    calcule et conserve une preuve de couverture (défaut : un an)
        [--if-needed] [--sortie DOSSIER] [--json]
  population [--exemple] [--part 0.05]
                                    calcule les indicateurs des données en usage (--exemple :
                                    invente d'abord la population du territoire chargé)
  synth --sortie DOSSIER [--forme pmsi --etablissement FINESS]
                                    invente des fichiers à charger (pmsi, snds, omop, fhir, csv)
  create_admin                      crée le premier compte d'une installation réelle

  test [OPTIONS DE PYTEST]          tous les tests : sur SQLite, puis ceux de la base sur PostgreSQL
  test postgresql [OPTIONS]         les tests de la base, sur PostgreSQL seulement
  test engines                      ceux des moteurs, sans Django
  test spark                        ceux des définitions sur Spark (demande Java 17 ou 21)
  check                             forme, types, contrats d'import, migrations, documents produits
  bench [routing|proof|pages|load|referrals|population|access|half_days|rosters|repairs]
                                    mesures de vitesse et de mémoire
  lock                              recalcule les versions verrouillées
"""


def say(text: str) -> None:
    print(text, flush=True)


def _environment(**extra: str) -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
    return environment | extra


def _run(*words: str, **extra: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", *words], env=_environment(**extra), cwd=REPOSITORY, check=False
    ).returncode


def _manage(*words: str, **extra: str) -> None:
    code = _run("maillage.config.manage", *words, **extra)
    if code:
        raise SystemExit(code)


WITHOUT_WORKER = "--sans-travaux"


def _read_address(words: list[str]) -> tuple[str, int]:
    text = DEFAULT_ADDRESS
    words = [word for word in words if word != WITHOUT_WORKER]
    if words[:1] in (["--adresse"], ["--address"]) and len(words) == 2:
        text = words[1]
    elif words:
        raise SystemExit(f"Options inconnues : {' '.join(words)}\n\n{HELP}")
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise SystemExit(f"« {text} » n'est pas une adresse (exemple : {DEFAULT_ADDRESS}).")
    return host, int(port)


def _check_port(host: str, port: int) -> None:
    """Stop with a clear message when somebody already listens there."""
    bare = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in bare else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bare, port))
        except OSError as error:
            raise SystemExit(
                f"L'adresse {host}:{port} n'est pas libre ({error.strerror}).\n"
                f"Choisissez-en une autre : ./maillage demo --adresse {host}:{port % 65535 + 1}"
            ) from None


def _start_workers(**extra: str) -> None:
    """Start two workers of the background jobs beside this process, each watched over by a small
    one. The second leaves long jobs to the first: what is due each minute never waits behind
    them. All end with this process, however it ends."""
    parent = str(os.getpid())
    words = ["-m", "maillage.config.watch", "--parent", parent]
    second = [sys.executable, "-m", "maillage.config.manage", "run_worker", "--parent", parent]
    for more in ([], [*second, "--short-only"]):
        command = [sys.executable, *words, *more]
        subprocess.Popen(command, env=_environment(**extra), cwd=REPOSITORY)


def serve(words: list[str], **extra: str) -> NoReturn:
    """Serve the site with granian, until Ctrl-C, with two workers of the background jobs."""
    host, port = _read_address(words)
    _check_port(host, port)
    workers = str(min(2, os.cpu_count() or 1))
    options = ["--interface", "wsgi", "--workers", workers, "--blocking-threads", "4"]
    options += ["--host", host.strip("[]"), "--port", str(port)]
    options += ["--no-access-log", "--log-level", "warning", "--respawn-failed-workers"]
    # The server takes the place of this process, so that a signal to one is a signal to the other.
    command = [sys.executable, "-m", "granian", *options, "maillage.config.wsgi:application"]
    os.chdir(REPOSITORY)
    sys.stdout.flush()
    if WITHOUT_WORKER not in words:
        _start_workers(**extra)
    os.execve(sys.executable, command, _environment(**extra))


def run_worker(words: list[str]) -> NoReturn:
    """Run a worker of the background jobs in the place of this process: a signal to one is a
    signal to the other."""
    command = [sys.executable, "-m", "maillage.config.manage", "run_worker", *words]
    os.chdir(REPOSITORY)
    sys.stdout.flush()
    os.execve(sys.executable, command, _environment())


def demo(words: list[str]) -> NoReturn:
    """Prepare everything, load the example territory, print the accounts and serve."""
    started = time.monotonic()
    host, port = _read_address(words)
    _check_port(host, port)
    demo_on = {"MAILLAGE_DEMO": "1"}
    demo_on["MAILLAGE_ADDRESS"] = os.environ.get("MAILLAGE_ADDRESS", f"http://{host}:{port}")
    say("Maillage, territoire d'exemple\n")
    # The engine's machine code is made once per installation: while the territory loads.
    warm = subprocess.Popen(
        [sys.executable, "-m", "maillage.engines.routing", "warm"],
        env=_environment(),
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    say("[1/5] Base de données ...")
    _manage("migrate", "--verbosity", "0", **demo_on)
    say("[2/5] Territoire d'exemple : établissements, conventions, gardes, cas inventés ...")
    _manage("load", "--example", "--if-needed", **demo_on)
    say("[3/5] Preuve de couverture de l'année à venir ...")
    warm.wait()
    _manage("prove", "--if-needed", "--verbosity", "0", **demo_on)
    say("[4/5] Fichiers statiques ...")
    _manage("collectstatic", "--noinput", "--verbosity", "0", **demo_on)
    say("[5/5] Comptes de démonstration :\n")
    _manage("demo_accounts", **demo_on)
    took = f"{time.monotonic() - started:.0f} s"
    say(f"\nPrêt en {took} : http://{host}:{port}   (Ctrl-C pour arrêter)")
    serve(words, **demo_on)


def python_apart(name: str) -> Path:
    """The Python of an environment of its own, made from ``requirements/<name>.txt`` in ``var``."""
    place = REPOSITORY / "var" / f"{name}-env"
    python = place / "bin" / "python"
    uv = str(Path(sys.executable).parent / "uv")
    lock = REPOSITORY / "requirements" / f"{name}.txt"
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place], check=True)
    install = ["pip", "install", "--quiet", "--require-hashes"]
    subprocess.run([uv, *install, "--python", str(python), "-r", str(lock)], check=True)
    return python


def _test_apart(name: str, folder: str, *options: str) -> int:
    """Run the engines' tests of a folder in an environment of their own, without Django."""
    usual = ["-q", "-c", "tests/engines/pytest.ini", "--confcutdir", "tests/engines"]
    python = str(python_apart(name))
    return subprocess.run(
        [python, "-m", "pytest", *usual, "-p", "no:cacheprovider", folder, *options],
        # The workers of Spark take the Python of the system unless they are told.
        env=_environment(PYSPARK_PYTHON=python),
        cwd=REPOSITORY,
        check=False,
    ).returncode


def test_on_spark() -> int:
    """Run the tests of the definitions on Spark, which comes in an environment of its own."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise SystemExit(
            "Spark demande Java 17 ou 21 (Debian : apt install openjdk-17-jre-headless)."
        )
    return _test_apart("spark", "tests/engines/indicators/spark")


def _test_on_postgresql(options: list[str]) -> int:
    """Run the tests of the database on PostgreSQL. Ctrl-C reaches the whole family of processes:
    this one waits while its child stops the server, instead of killing it at once."""
    command = [sys.executable, "-m", "tests.on_postgresql", *options]
    running = subprocess.Popen(command, env=_environment(MAILLAGE_DATABASE=""), cwd=REPOSITORY)
    try:
        return running.wait()
    except KeyboardInterrupt:
        running.wait()
        raise


def test(words: list[str]) -> int:
    """Run the tests, on two cores when all of them are asked for: on SQLite, then those that touch
    the database on PostgreSQL. ``test postgresql`` runs the latter; ``test engines`` runs those of
    the engines alone, without Django; ``test spark`` those of the definitions on Spark.

    ``MAILLAGE_ENGINES_TESTED``: ``test engines`` has just been run, and all the tests leave those
    out on SQLite, which they do not touch."""
    # A file goes to one process, which makes once what its tests share. Files in their order: by
    # their number of tests, long journeys would come last, one process waiting for the other.
    on_two = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    if words == ["engines"]:
        return _test_apart("engines", "tests/engines", *on_two)
    if words == ["spark"]:
        return test_on_spark()
    everything = [*on_two, "-q"]
    if words[:1] == ["postgresql"]:
        return _test_on_postgresql(words[1:] or everything)
    on_sqlite = {"MAILLAGE_DATABASE": "", "MAILLAGE_TEST_DATABASE": ""}
    settings = "maillage.config.settings_test"
    say("— SQLite")
    left_out = ["--ignore", "tests/engines"] if os.environ.get("MAILLAGE_ENGINES_TESTED") else []
    chosen = words or [*everything, *left_out]
    code = _run("pytest", *chosen, DJANGO_SETTINGS_MODULE=settings, **on_sqlite)
    if words:
        return code
    say("\n— PostgreSQL")
    return _test_on_postgresql(everything) or code


CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("forme", ("ruff", "format", "--check", "--quiet", ".")),
    ("règles d'écriture", ("ruff", "check", "--quiet", ".")),
    ("types", ("mypy", "--no-error-summary")),
    ("contrats d'import", ("importlinter.cli", "lint")),
    ("migrations manquantes", ("maillage.config.manage", "makemigrations", "--check", "--dry-run")),
    ("règles de Django", ("maillage.config.manage", "check", "--fail-level", "WARNING")),
    ("documents produits par le code", ("maillage.config.documents", "--check")),
)


def check(words: list[str]) -> int:
    """Every check that changes nothing; goes on after a failure and says which failed."""
    failed = []
    for name, command in CHECKS:
        say(f"— {name}")
        words_run = [sys.executable, "-m", *command]
        if command[0] == "importlinter.cli":
            words_run = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
        if subprocess.run(words_run, env=_environment(), cwd=REPOSITORY, check=False).returncode:
            failed.append(name)
    say("\nTout est en ordre." if not failed else f"\nÀ reprendre : {', '.join(failed)}.")
    return 1 if failed else 0


def bench(words: list[str]) -> int:
    """Run one timed scenario, or all; the last line of each is one JSON object."""
    files = (REPOSITORY / "benchmarks").glob("[a-z]*.py")
    # The other modules hold what scenarios are made of.
    known = sorted(p.stem for p in files if f"./maillage bench {p.stem}`" in p.read_text("utf-8"))
    wanted = words[:1] or known
    if unknown := [name for name in wanted if name not in known]:
        raise SystemExit(f"Aucune mesure « {unknown[0]} ». Mesures : {', '.join(known)}.")
    for name in wanted:
        if code := _run(f"benchmarks.{name}", *words[1:]):
            return code
    return 0


def lock(words: list[str]) -> int:
    """Compute the locked requirements anew, with hashes and without any address."""
    uv = str(Path(sys.executable).parent / "uv")
    options = ["pip", "compile", "pyproject.toml", "--generate-hashes", "--no-emit-index-url"]
    options += ["--no-header", "--quiet", "--extra", "territory", "--extra", "postgresql"]
    runtime = ["-o", "requirements/runtime.txt"]
    dev = ["--extra", "dev", "-c", "requirements/runtime.txt", "-o", "requirements/dev.txt"]
    bare = ["pip", "compile", "requirements/engines.in", "-c", "requirements/dev.txt"]
    bare += [*options[3:-4], "-o", "requirements/engines.txt"]
    peers = ["pip", "compile", "requirements/peers.in", *options[3:-4]]
    peers += ["-o", "requirements/peers.txt"]
    spark = ["pip", "compile", "requirements/spark.in", "-c", "requirements/dev.txt"]
    spark += [*options[3:-4], "-o", "requirements/spark.txt"]
    for words_run in ([*options, *runtime], [*options, *dev], bare, spark, peers):
        if code := subprocess.run([uv, *words_run], cwd=REPOSITORY, check=False).returncode:
            return code
    return 0


WORDS = {
    "demo": demo,
    "serve": serve,
    "run_worker": run_worker,
    "test": test,
    "check": check,
    "bench": bench,
    "lock": lock,
}


def main() -> int:
    """Entry point of the ``maillage`` command."""
    words = sys.argv[1:]
    if not words or words[0] in ("help", "aide", "-h", "--help"):
        say(HELP)
        return 0
    word, rest = words[0], words[1:]
    if word in WORDS:
        try:
            return WORDS[word](rest)
        except KeyboardInterrupt:
            return 130
    return _run("maillage.config.manage", word, *rest)


if __name__ == "__main__":
    raise SystemExit(main())
