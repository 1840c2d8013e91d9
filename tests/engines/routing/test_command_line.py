"""The engine on the command line, and alone: no Django, no clock."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import maillage
from maillage.engines.routing import apply_changes, network_hash, read_changes, read_network
from maillage.engines.routing.__main__ import main
from tests.engines.routing.sample import DOCUMENT, changed

AT = "2026-11-22T03:00+01:00"


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "network.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return str(path)


def ask(network: str, **options: str) -> list[str]:
    usual = {"commune": "59606", "pathway": "stroke", "age": "70", "at": AT, **options}
    return ["resolve", network, *(word for k, v in usual.items() for word in (f"--{k}", v))]


def test_one_demand_prints_one_answer(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ask(network)) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    answer = json.loads(out)
    assert answer["steps"][1]["service"] == "stroke-valenciennes"
    assert answer["at"] == "2026-11-22T03:00:00+01:00"


def test_many_demands_print_one_answer_a_line(
    network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demand = {"commune": "59606", "pathway": "stroke", "age": 70, "at": AT}
    lines = [json.dumps(demand), "", json.dumps({**demand, "age": 3})]
    demands = tmp_path / "demands.jsonl"
    demands.write_text("\n".join(lines), encoding="utf-8")
    assert main(["resolve", network, "--demands", str(demands)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["age"] for answer in answers] == [70, 3]
    assert answers[1]["steps"][1]["reason"] == "NO_SERVICE"


def test_demands_come_from_standard_input(
    network: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = json.dumps({"commune": "59606", "pathway": "stroke", "age": 70, "at": AT})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    assert main(["resolve", network, "--demands", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["commune"] == "59606"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"commune": "59999"}, 5, "La commune « 59999 » n'existe pas dans ce réseau."),
        ({"pathway": "burns"}, 5, "Le parcours « burns » n'existe pas dans ce réseau."),
        ({"at": "2026-11-22T03:00"}, 2, "doit porter son décalage horaire"),
        ({"at": "tonight"}, 2, "n'est pas un instant"),
        ({"age": "200"}, 2, "L'âge doit être entre 0 et 150 ans."),
    ],
)
def test_a_demand_that_makes_no_sense_says_why(
    network: str,
    options: dict[str, str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(ask(network, **options)) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


def test_all_the_defects_of_a_list_of_demands_are_told(
    network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demands = tmp_path / "demands.jsonl"
    demands.write_text(
        "\n".join(
            [
                '{"commune": "X", "pathway": "stroke", "age": 70, "at": "2026-11-22T03:00Z"}',
                '{"commune": "59606", "pathway": "stroke", "age": 70, "at": "2026-11-22T03:00"}',
                '{"commune": "59606", "pathway": "stroke", "at": "2026-11-22T03:00Z", "x": 1}',
                "not json",
            ]
        ),
        encoding="utf-8",
    )
    assert main(["resolve", network, "--demands", str(demands)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    places = [line.split(" : ")[0] for line in captured.err.splitlines()[1:]]
    assert places == [
        f"- {demands}, ligne 1, $",
        f"- {demands}, ligne 2, $.at",
        f"- {demands}, ligne 3, $.x",
        f"- {demands}, ligne 3, $.age",
        f"- {demands}, ligne 4, $",
    ]


def test_options_are_complete_and_do_not_mix(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["resolve", network, "--commune", "59606", "--age", "70"]) == 2
    assert "Il manque --pathway, --at" in capsys.readouterr().err
    assert main(["resolve", network, "--demands", "x", "--age", "70"]) == 2
    assert "--demands remplace --age" in capsys.readouterr().err


def test_files_that_are_not_there(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", network + "x"]) == 5
    assert main(["resolve", network, "--demands", network + "y"]) == 5
    assert capsys.readouterr().err.count("ne peut pas être lu") == 2


def test_check_counts_and_names_a_network(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", network]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["communes"], found["services"], found["duty_slots"]) == (1, 2, 3)
    assert found["hash"] == network_hash(read_network(json.dumps(DOCUMENT)))


def test_check_tells_every_defect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.json"
    document = changed(("$.services[0].site", "x"), ("$.clauses[0].to", "y"))
    path.write_text(json.dumps(document), encoding="utf-8")
    assert main(["check", str(path)]) == 2
    error = capsys.readouterr().err
    assert "2 défauts" in error
    assert f"{path}, $.services[0].site : « x » ne désigne aucun site" in error


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "scenario.json"
    changes = [
        {"change": "leave", "holder": "prat-017", "from_date": "2026-11-22"},
        {"change": "target", "pathway": "stroke", "step": 2, "minutes": 60},
    ]
    path.write_text(json.dumps(changes), encoding="utf-8")
    return str(path)


def test_a_demand_is_answered_under_a_scenario(
    network: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ask(network), "--changes", scenario]) == 0
    step = json.loads(capsys.readouterr().out)["steps"][1]
    assert (step["verdict"], step["reason"]) == ("HOLE", "UNSTAFFED")


def test_check_names_the_changed_network_and_tells_what_did_nothing(
    network: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", network, "--changes", scenario]) == 0
    found = json.loads(capsys.readouterr().out)
    changes = read_changes(Path(scenario).read_text(encoding="utf-8"))
    changed_network = apply_changes(read_network(json.dumps(DOCUMENT)), changes)
    assert found["hash"] == network_hash(changed_network)
    assert found["duty_slots"] == 4
    assert found["notes"] == [{"change": 1, "kind": "ALREADY_SO", "element": "stroke"}]


def test_a_scenario_that_is_refused_names_its_file(
    network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text('[{"change": "authorise", "service": "x"}]', encoding="utf-8")
    assert main(["check", network, "--changes", str(path)]) == 2
    assert f"{path}, $[0].service : « x »" in capsys.readouterr().err
    assert main(["check", network, "--changes", str(path) + "x"]) == 5
    assert "ne peut pas être lu" in capsys.readouterr().err


def test_the_engine_runs_without_django(network: str) -> None:
    """In a process where Django and the calendar library cannot be imported."""
    script = (
        "import sys; sys.modules['django'] = sys.modules['holidays'] = None\n"
        "from maillage.engines.routing.__main__ import main\n"
        f"sys.exit(main({ask(network)!r}))"
    )
    source = str(Path(maillage.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={"PYTHONPATH": source},
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    assert json.loads(done.stdout)["pathway"] == "stroke"
