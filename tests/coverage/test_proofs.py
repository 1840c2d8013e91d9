"""Proofs: asked for, computed, kept whole and once, reused, out of date, forgotten, read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.coverage import actions, queries
from maillage.coverage.actions import proving
from maillage.coverage.enums import CATEGORIES, ProofState
from maillage.coverage.models import Alert, Proof, ProofFile, ProofStep
from maillage.directory.models import OpeningHours
from maillage.engines.routing import ProofCancelled, network_hash
from maillage.jobs import actions as jobs
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.worker import run_waiting
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal
from tests.coverage.conftest import Tiny
from tests.coverage.proving import NEXT_YEAR, NOW, RESIDENTS, TODAY, build_inhabited, change

HALF_YEAR = date(2027, 5, 22)


@pytest.fixture
def place(db: None) -> Tiny:
    return build_inhabited()


def ask(**more: Any) -> Proof:
    wanted = {"first_day": TODAY, "last_day": HALF_YEAR, "by": SYSTEM, "at": NOW, **more}
    return actions.ask_for_proof(**wanted)


def proved(**more: Any) -> Proof:
    return actions.prove_coverage(proof=ask(**more), at=more.get("at", NOW))


def current(at: datetime = NOW) -> Proof:
    asked = actions.refresh_current_proof(at=at)
    assert asked is not None
    return actions.prove_coverage(proof=asked, at=at)


def acts(name: str) -> int:
    return AuditEvent.objects.filter(action=name).count()


def state_of(proof: Proof) -> str:
    return Proof.objects.get(pk=proof.pk).state


# Asking


def test_who_organizes_care_may_ask_and_a_city_doctor_may_not(
    place: Tiny, make_actor: Callable[..., Actor]
) -> None:
    assert ask(by=make_actor(Role.REGULATOR)).asked_by == "Personne d'essai"
    with pytest.raises(NotAllowed):
        ask(by=make_actor(Role.AUDITOR))


def test_an_impossible_horizon_is_refused_in_french(place: Tiny) -> None:
    with pytest.raises(Invalid, match="La fin doit venir après le début"):
        ask(last_day=TODAY)
    with pytest.raises(Invalid, match="36 mois au plus"):
        ask(last_day=date(2030, 1, 1))
    assert not Proof.objects.exists()


def test_nothing_to_prove_is_refused(db: None) -> None:
    with pytest.raises(Refusal) as refused:
        ask()
    assert refused.value.code == "coverage.nothing-to-prove"
    assert actions.refresh_current_proof(at=NOW) is None


def test_asked_twice_is_computed_once(place: Tiny) -> None:
    first, second = ask(), ask()
    assert first.pk == second.pk
    assert Job.objects.filter(kind="coverage.prove").count() == 1
    assert acts("coverage.ask-proof") == 1
    assert ask(last_day=NEXT_YEAR).pk != first.pk


def test_a_worker_computes_it(place: Tiny) -> None:
    proof = ask()
    assert run_waiting(at=NOW) == 1
    proof.refresh_from_db()
    assert proof.state == ProofState.DONE
    job = Job.objects.get(kind="coverage.prove")
    assert (job.state, job.done, job.total) == (JobState.DONE, 1, 1)


# Kept whole


def test_what_is_kept(place: Tiny) -> None:
    change()
    proof = proved()
    assert proof.state == ProofState.DONE
    assert proof.revision == AuditEvent.objects.get(action="test.change").pk
    assert set(queries.list_files(proof)) == {
        "communes.parquet",
        "exposures.parquet",
        "manifest.json",
        "moments.parquet",
        "network.json.gz",
        "steps.parquet",
    }
    for row in proof.files.all():
        assert hashlib.sha256(bytes(row.content)).hexdigest() == row.sha256
    assert network_hash(queries.load_evidence(proof)) == proof.network_hash
    written = json.loads(queries.load_file(proof, "manifest.json"))
    assert written == proof.manifest
    assert written["pathways_in_force_on"] == "2026-11-22"
    assert acts("coverage.prove") == 1


def test_totals_balance_and_say_what_is_lost(place: Tiny) -> None:
    first, second = queries.list_steps(proved())
    hours = (datetime(2027, 5, 22) - datetime(2026, 11, 22)) / timedelta(hours=1) - 1  # noqa: DTZ001
    for row in (first, second):
        assert row.residents == RESIDENTS
        assert row.hours_due == hours
        assert sum(row.person_hours.values()) == pytest.approx(row.person_hours_due, rel=1e-12)
    after_the_term = (date(2027, 5, 22) - date(2027, 3, 1)).days * 24 - 1
    assert second.person_hours["hole_no_agreement"] == RESIDENTS * after_the_term
    assert second.uncovered == RESIDENTS * after_the_term
    assert second.pathway_name == "Chirurgie thoracique"
    assert second.step_name == "Chirurgie"


def test_a_done_proof_comes_back_as_it_is(place: Tiny) -> None:
    proof = proved()
    again = actions.prove_coverage(proof=proof, at=NOW + timedelta(hours=1))
    assert again.finished_at == NOW
    assert ProofFile.objects.filter(proof=proof).count() == 6
    assert acts("coverage.prove") == 1


def test_two_that_end_together_leave_one_result(
    place: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = ask(kept_current=True)
    keep = proving._keep

    def other_first(*args: Any, **more: Any) -> None:
        monkeypatch.setattr(proving, "_keep", keep)
        actions.prove_coverage(proof=Proof.objects.get(pk=proof.pk), at=NOW)
        keep(*args, **more)

    monkeypatch.setattr(proving, "_keep", other_first)
    actions.prove_coverage(proof=proof, at=NOW)
    assert ProofFile.objects.count() == 6
    assert ProofStep.objects.count() == 2
    assert acts("coverage.prove") == 1


def test_what_fails_while_it_is_written_leaves_nothing(
    place: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **more: Any) -> None:
        raise ZeroDivisionError

    proof = ask(kept_current=True)
    monkeypatch.setattr(proving, "record_proof", broken)
    with pytest.raises(ZeroDivisionError):
        actions.prove_coverage(proof=proof, at=NOW)
    proof.refresh_from_db()
    assert (proof.state, proof.error) == (
        ProofState.FAILED,
        "Erreur inattendue (ZeroDivisionError).",
    )
    assert not ProofFile.objects.exists()
    assert not ProofStep.objects.exists()
    assert not Alert.objects.exists()


def test_a_database_that_was_away_is_worth_another_try(
    place: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **more: Any) -> None:
        raise OperationalError

    proof = ask()
    with monkeypatch.context() as patch:
        patch.setattr(proving, "_keep", away)
        with pytest.raises(OperationalError):
            actions.prove_coverage(proof=proof, at=NOW)
    assert state_of(proof) == ProofState.RUNNING
    assert actions.prove_coverage(proof=proof, at=NOW).state == ProofState.DONE


def test_a_damaged_file_is_not_read(place: Tiny) -> None:
    proof = proved()
    ProofFile.objects.filter(name="steps.parquet").update(content=b"autre chose")
    with pytest.raises(ValueError, match="damaged"):
        queries.load_tables(proof)


# Stopped


def test_given_up_while_it_waits(place: Tiny) -> None:
    proof = actions.cancel_proof(proof=ask(), by=SYSTEM, at=NOW)
    assert proof.state == ProofState.CANCELLED
    assert run_waiting(at=NOW) == 0
    with pytest.raises(Refusal):
        actions.cancel_proof(proof=proof, by=SYSTEM, at=NOW)
    with pytest.raises(Refusal):
        actions.prove_coverage(proof=proof, at=NOW)


def test_given_up_while_it_runs(place: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = ask()
    read = proving._read

    def stop_then_read(wanted: Proof) -> Any:
        jobs.ask_to_stop(job=Job.objects.get(kind="coverage.prove"), by=SYSTEM, at=NOW)
        return read(wanted)

    monkeypatch.setattr(proving, "_read", stop_then_read)
    run_waiting(at=NOW)
    assert state_of(proof) == ProofState.CANCELLED
    assert Job.objects.get(kind="coverage.prove").state == JobState.CANCELLED
    assert not ProofFile.objects.exists()


def test_a_pause_is_not_an_end(place: Tiny) -> None:
    proof = ask()
    with pytest.raises(ProofCancelled):
        actions.prove_coverage(proof=proof, at=NOW, is_cancelled=lambda: True)
    actions.note_stopped(proof=proof, is_given_up=False)
    assert proof.state == ProofState.WAITING
    assert actions.prove_coverage(proof=proof, at=NOW).state == ProofState.DONE


def test_a_proof_follows_the_end_of_its_job(place: Tiny) -> None:
    proof = ask()
    jobs.ask_to_stop(job=Job.objects.get(kind="coverage.prove"), by=SYSTEM, at=NOW)
    actions.follow_jobs(at=NOW)
    assert state_of(proof) == ProofState.CANCELLED


def test_a_proof_that_nobody_computes_is_started_again(place: Tiny) -> None:
    proof = actions.asking.note_proof(first_day=TODAY, last_day=HALF_YEAR, by=SYSTEM, at=NOW)
    actions.follow_jobs(at=NOW)
    assert not Job.objects.exists()  # a command may be at it
    actions.follow_jobs(at=NOW + timedelta(minutes=11))
    assert run_waiting(at=NOW + timedelta(minutes=11)) == 1
    assert state_of(proof) == ProofState.DONE


# Kept current


def test_the_proof_of_the_coming_year_is_asked_for_once(place: Tiny) -> None:
    asked = actions.refresh_current_proof(at=NOW)
    assert asked is not None
    assert (asked.first_day, asked.last_day, asked.kept_current) == (TODAY, NEXT_YEAR, True)
    assert queries.get_current_proof() is None
    assert actions.refresh_current_proof(at=NOW) is None
    run_waiting(at=NOW)
    assert queries.get_current_proof() == asked
    assert actions.refresh_current_proof(at=NOW) is None


def test_an_act_below_makes_it_out_of_date_until_it_is_computed_anew(place: Tiny) -> None:
    proof = current()
    assert queries.get_freshness(proof, at=NOW).is_current
    change(at=NOW + timedelta(minutes=5))
    change(at=NOW + timedelta(minutes=6))
    stale = queries.get_freshness(proof, at=NOW)
    assert (stale.is_current, stale.acts, stale.since) == (False, 2, NOW + timedelta(minutes=5))
    newer = current(NOW + timedelta(minutes=7))
    assert newer.pk != proof.pk
    assert queries.get_current_proof() == newer
    assert queries.get_freshness(newer, at=NOW).is_current


def test_an_act_while_it_is_computed_leaves_it_out_of_date(
    place: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = actions.refresh_current_proof(at=NOW)
    assert asked is not None
    keep = proving._keep

    def change_then_keep(*args: Any, **more: Any) -> None:
        change()
        keep(*args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(proving, "_keep", change_then_keep)
        proof = actions.prove_coverage(proof=asked, at=NOW)
    assert queries.get_freshness(proof, at=NOW).acts == 1
    assert actions.refresh_current_proof(at=NOW) is not None


def test_the_next_day_asks_for_another(place: Tiny) -> None:
    current()
    tomorrow = NOW + timedelta(days=1)
    asked = actions.refresh_current_proof(at=tomorrow)
    assert asked is not None
    assert asked.first_day == date(2026, 11, 23)


def test_what_failed_is_tried_again_an_hour_later(place: Tiny) -> None:
    actions.refresh_current_proof(at=NOW)
    Job.objects.all().delete()
    Proof.objects.update(state=ProofState.FAILED)
    assert actions.refresh_current_proof(at=NOW + timedelta(minutes=59)) is None
    assert actions.refresh_current_proof(at=NOW + timedelta(minutes=61)) is not None


def test_another_version_of_the_engine_makes_it_out_of_date(place: Tiny) -> None:
    proof = current()
    Proof.objects.update(engine_version="0.9")
    proof.refresh_from_db()
    assert queries.get_freshness(proof, at=NOW).is_old
    assert actions.refresh_current_proof(at=NOW) is not None


def test_what_somebody_stopped_is_asked_for_again_when_something_changes(place: Tiny) -> None:
    asked = actions.refresh_current_proof(at=NOW)
    Job.objects.all().delete()
    Proof.objects.update(state=ProofState.CANCELLED)
    assert actions.refresh_current_proof(at=NOW + timedelta(hours=2)) is None
    change()
    again = actions.refresh_current_proof(at=NOW)
    assert again is not None
    assert again != asked


def test_only_one_of_the_coming_year_is_pending(place: Tiny) -> None:
    asked = actions.refresh_current_proof(at=NOW)
    change()
    assert actions.refresh_current_proof(at=NOW + timedelta(days=1)) is None
    assert queries.get_pending_proof() == asked


def test_superseded_proofs_are_forgotten_with_a_line_in_the_trail(
    place: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maillage.coverage.rules import proofs as rules

    chosen = proved(label="Comité")
    months = [NOW + timedelta(days=days) for days in (0, 1, 2, 30)]
    monkeypatch.setattr(proving, "superseded", lambda rows: rules.superseded(rows, kept=1))
    made = []
    for at in months:
        change(at)
        made.append(current(at).pk)
    kept = list(Proof.objects.order_by("pk").values_list("pk", flat=True))
    assert kept == sorted([chosen.pk, made[0], made[3]])
    lines = AuditEvent.objects.filter(action="coverage.forget-proofs").order_by("id")
    assert [line.details["numbers"] for line in lines] == [[made[1]], [made[2]]]


# Reuse


def second_pathway(tiny: Tiny) -> Pathway:
    pathway = Pathway.objects.create(
        slug="urgences", name="Urgences", need="urgence", search_name="urgences",
        kind="PRIORITY", source="t",
    )  # fmt: skip
    version = PathwayVersion.objects.create(
        pathway=pathway, number=1, state="IN_FORCE", starts_on=date(2017, 7, 3), source="t"
    )
    PathwayStep.objects.create(
        version=version, order=1, name="Urgences", care_type="EMERGENCY", level="PROXIMITY",
        entry="direct", target_minutes=30,
    )  # fmt: skip
    return pathway


def test_only_what_changed_is_computed_and_the_tables_are_those_of_a_full_run(
    place: Tiny,
) -> None:
    second_pathway(place)
    current()
    OpeningHours.objects.filter(service__slug="thoracique", weekday=7).delete()
    change()
    partial = current(NOW + timedelta(minutes=1))
    assert partial.manifest["reused"] == ["urgences"]
    whole = actions.asking.note_proof(first_day=TODAY, last_day=NEXT_YEAR, by=SYSTEM, at=NOW)
    whole = actions.prove_coverage(proof=whole, at=NOW, reuse=False)
    assert whole.manifest["reused"] == []
    one, other = queries.load_tables(partial), queries.load_tables(whole)
    assert one.keys() == other.keys()
    for name, table in one.items():
        assert table.equals(other[name]), name
    assert queries.list_steps(partial) == queries.list_steps(whole)
    assert partial.network_hash == whole.network_hash


def test_an_unchanged_territory_is_reused_whole(place: Tiny) -> None:
    current()
    change()
    again = current(NOW + timedelta(minutes=1))
    assert again.manifest["reused"] == ["chirurgie-thoracique"]


# Reads


def test_reads_of_a_proof_are_few_and_kept(
    place: Tiny, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    proof = current()
    with django_assert_num_queries(2):
        (card,) = queries.list_proofs()
    assert card.person_hours_due == sum(row.person_hours_due for row in queries.list_steps(proof))
    assert card.covered + card.uncovered + card.person_hours["late"] == pytest.approx(
        card.person_hours_due
    )
    with django_assert_num_queries(1):
        tables = queries.load_tables(proof)
    with django_assert_num_queries(0):
        assert queries.load_tables(proof) is tables
    with django_assert_num_queries(1):
        queries.list_steps(proof)
    with django_assert_num_queries(1):
        network = queries.load_evidence(proof)
    with django_assert_num_queries(0):
        assert queries.load_evidence(proof) is network
    with django_assert_num_queries(6):
        names = queries.load_proof_names()
    assert names.commune("59139").name == "Caudry"
    assert names.clause("cambrai-thoracique").url.startswith("/conventions/cambrai-2023")
    assert names.service("parti").name == "parti"


def test_a_proof_that_is_not_done_has_no_tables(place: Tiny) -> None:
    with pytest.raises(NotFound):
        queries.load_tables(ask())
    with pytest.raises(NotFound):
        queries.get_proof(0)


def test_two_proofs_compared_by_step_and_by_commune(place: Tiny) -> None:
    before = proved()
    place.agreement.ends_on = None
    place.agreement.save()
    change()
    after = proved()
    first, second = queries.compare_proofs(before, after)
    hours = (date(2027, 5, 22) - date(2027, 3, 1)).days * 24 - 1
    assert first.uncovered_change == 0
    assert second.uncovered_change == -RESIDENTS * hours
    assert second.change("hole_no_agreement") == -RESIDENTS * hours
    rows = queries.compare_communes(before, after, pathway="chirurgie-thoracique", step=2)
    assert {row.commune: row.uncovered_change for row in rows} == {
        "59139": -14_000 * hours,
        "59350": -230_000 * hours,
    }


def test_communes_add_up_to_the_step(place: Tiny) -> None:
    proof = proved()
    communes: pa.Table = queries.load_tables(proof)["communes"]
    _, second = queries.list_steps(proof)
    found = queries.commune_totals(communes, pathway="chirurgie-thoracique", step=2)
    for name in CATEGORIES:
        assert sum(row[name] for row in found.values()) == pytest.approx(second.person_hours[name])


# The command


def test_the_command_computes_prints_and_writes(
    place: Tiny, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("prove", "--du", "22/11/2026", "--au", "22/11/2026", "--sortie", str(tmp_path))
    said = capsys.readouterr().out
    assert "Chirurgie thoracique, Chirurgie" in said
    assert "100,0 %" in said
    assert (tmp_path / "network.json.gz").exists()
    proof = Proof.objects.get()
    assert (proof.state, proof.kept_current) == (ProofState.DONE, False)
    assert not Job.objects.exists()


def test_the_command_in_json_for_one_pathway(
    place: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    second_pathway(place)
    call_command(
        "prove", "--du", "22/11/2026", "--au", "22/11/2026", "--json", "--filiere", "urgences"
    )
    (step,) = json.loads(capsys.readouterr().out)["steps"]
    assert (step["pathway"], step["person_hours_due"]) == ("urgences", RESIDENTS * 24)
    with pytest.raises(CommandError, match="ne connaît pas la filière"):
        call_command("prove", "--du", "22/11/2026", "--au", "22/11/2026", "--filiere", "rien")


def test_the_command_does_nothing_when_the_proof_is_up_to_date(
    place: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("prove", "--if-needed", "--verbosity", "0")
    call_command("prove", "--if-needed", "--verbosity", "0")
    assert "à jour" in capsys.readouterr().err
    assert Proof.objects.filter(kept_current=True).count() == 1
    with pytest.raises(CommandError, match="sans --du"):
        call_command("prove", "--if-needed", "--du", "22/11/2026")


def test_a_command_that_is_interrupted_only_puts_the_current_proof_off(
    place: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(proving, "prove", interrupted)
        with pytest.raises(CommandError, match="Calcul arrêté"):
            call_command("prove", "--if-needed")
    assert Proof.objects.get().state == ProofState.WAITING
    call_command("prove", "--if-needed", "--verbosity", "0")
    assert Proof.objects.get().state == ProofState.DONE


def test_the_command_says_a_bad_date(place: Tiny) -> None:
    with pytest.raises(CommandError, match="n'est pas une date"):
        call_command("prove", "--du", "31/02/2026")
