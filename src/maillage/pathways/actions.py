"""Acts of the pathways room: each checks, writes and leaves its audit line in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.models import Organization
from maillage.pathways.enums import PathwayKind, VersionState
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion, VersionChange
from maillage.pathways.permissions import EDIT, permission_of
from maillage.pathways.queries.facts import get_step_facts, list_neighbours, load_defects
from maillage.pathways.queries.records import owners_of, state_of
from maillage.pathways.rules import states, steps
from maillage.pathways.rules.facts import StepFacts
from maillage.pathways.rules.names import why_not_slug
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.codes import Cim10
from maillage.vocabulary.errors import Invalid, Problem, Refusal


def create_pathway(
    *,
    slug: str,
    name: str,
    need: str,
    kind: PathwayKind,
    owner_local: Organization | None,
    owner_reference: Organization | None,
    by: Actor,
    at: datetime,
) -> Pathway:
    """A pathway with its first version, an empty draft.

    Raises :class:`NotAllowed` unless the actor writes for one of its owners; :class:`Invalid` for
    an address that is malformed, reserved or taken.
    """
    owners = [owner.slug for owner in (owner_local, owner_reference) if owner is not None]
    EDIT.check(by, owners)
    why = why_not_slug(slug)
    with changing_territory():
        if why is None and Pathway.objects.filter(slug=slug).exists():
            why = f"une filière s'appelle déjà « {slug} »"
        if why:
            raise Invalid(
                "pathway.slug", f"Identifiant refusé : {why}.", [Problem(why, field="slug")]
            )
        pathway = Pathway.objects.create(
            slug=slug,
            name=name,
            need=need,
            kind=kind,
            owner_local=owner_local,
            owner_reference=owner_reference,
            source=f"Saisie de {by.name}",
            source_on=local_day(at),
        )
        version = PathwayVersion.objects.create(
            pathway=pathway, number=1, source=f"Saisie de {by.name}", source_on=local_day(at)
        )
        _note(version, "", VersionState.DRAFT, on=local_day(at), by=by)
        _record("pathways.create", version, by=by, at=at)
    return pathway


def edit_pathway(
    *,
    pathway: Pathway,
    name: str,
    need: str,
    kind: PathwayKind,
    owner_local: Organization | None,
    owner_reference: Organization | None,
    by: Actor,
    at: datetime,
) -> None:
    """Change how a pathway is called and who leads it. Raises :class:`NotAllowed` unless the actor
    writes for one of its present owners. The name shows in answers: it changes the territory."""
    EDIT.check(by, owners_of(pathway))
    with changing_territory():
        pathway.name = name
        pathway.need = need
        pathway.kind = kind
        pathway.owner_local = owner_local
        pathway.owner_reference = owner_reference
        pathway.save()
        record(
            "pathways.edit",
            by=by,
            at=at,
            subject_kind="pathway",
            subject_key=pathway.slug,
            subject_name=name,
            organization=next(iter(owners_of(pathway)), ""),
            changes_territory=True,
        )


def create_version(*, pathway: Pathway, note: str, by: Actor, at: datetime) -> PathwayVersion:
    """A draft that copies the newest version, steps included, under the next number.

    ``note`` says what it will change. Raises :class:`NotAllowed`; :class:`Refusal` while another
    version is being written.
    """
    EDIT.check(by, owners_of(pathway))
    with changing_territory():
        existing = list(pathway.versions.select_for_update().order_by("-number"))
        states.check_can_create_version(state_of(version) for version in existing)
        last = existing[0] if existing else None
        version = PathwayVersion.objects.create(
            pathway=pathway,
            number=last.number + 1 if last else 1,
            age_min=last.age_min if last else 0,
            age_max=last.age_max if last else None,
            population=last.population if last else "",
            entry_criteria=last.entry_criteria if last else "",
            cim10=last.cim10 if last else [],
            review_on=None,
            change_note=note,
            source=f"Saisie de {by.name}",
            source_on=local_day(at),
        )
        if last is not None:
            _write_steps(version, [get_step_facts(step) for step in last.steps.all()])
        _note(version, "", VersionState.DRAFT, on=local_day(at), by=by)
        _record("pathways.create-version", version, by=by, at=at)
    return version


@dataclass(frozen=True)
class VersionText:
    """What a draft says as a whole, besides its steps. Ages: the maximum is excluded."""

    age_min: int = 0
    age_max: int | None = None
    population: str = ""
    entry_criteria: str = ""
    cim10: Sequence[str] = ()
    review_on: date | None = None
    change_note: str = ""


def edit_version(*, version: PathwayVersion, text: VersionText, by: Actor, at: datetime) -> None:
    """Write the text of a draft. Raises :class:`NotAllowed`, :class:`Refusal` (a frozen text),
    :class:`Invalid` (ages, a code of the classification)."""
    if text.age_max is not None and text.age_max <= text.age_min:
        sentence = "L'âge maximal (exclu) doit dépasser l'âge minimal."
        raise Invalid("pathway.ages", sentence, [Problem(sentence, field="age_max")])
    with changing_territory():
        kept = _open(version, by=by)
        kept.age_min = text.age_min
        kept.age_max = text.age_max
        kept.population = text.population
        kept.entry_criteria = text.entry_criteria
        kept.cim10 = [str(Cim10(code)) for code in text.cim10]
        kept.review_on = text.review_on
        kept.change_note = text.change_note
        kept.save()
        _record("pathways.edit-version", kept, by=by, at=at)


def add_step(*, version: PathwayVersion, step: StepFacts, by: Actor, at: datetime) -> int:
    """Put a step in at its rank, the others making room. Returns the rank that it takes."""
    with changing_territory():
        kept = _open(version, by=by)
        before = _steps_of(kept)
        after = steps.with_step(before, step)
        _write_steps(kept, after)
        rank = min(max(step.order, 1), len(after))
        _record("pathways.add-step", kept, by=by, at=at, step=rank)
    return rank


def edit_step(
    *, version: PathwayVersion, order: int, step: StepFacts, by: Actor, at: datetime
) -> None:
    """Write a step anew, at the same rank. Raises :class:`NotAllowed`, :class:`Refusal`."""
    _edit_steps(
        version, "pathways.edit-step", lambda old: steps.replaced(old, order, step), order, by, at
    )


def remove_step(*, version: PathwayVersion, order: int, by: Actor, at: datetime) -> None:
    """Take a step out; ways back to it are dropped. Raises as :func:`edit_step`."""
    _edit_steps(
        version, "pathways.remove-step", lambda old: steps.without_step(old, order), order, by, at
    )


def move_step(*, version: PathwayVersion, order: int, to: int, by: Actor, at: datetime) -> None:
    """Put a step at another rank. Raises :class:`NotAllowed`, :class:`Refusal`."""
    _edit_steps(
        version, "pathways.move-step", lambda old: steps.moved(old, order, to=to), order, by, at
    )


def change_state(
    *,
    version: PathwayVersion,
    to: VersionState,
    by: Actor,
    at: datetime,
    on: date | None = None,
    comment: str = "",
) -> PathwayVersion:
    """Carry a version to its next state, on a day (today by default).

    Entry into force closes the version in force until then, on the same day. Raises
    :class:`NotAllowed`; :class:`Refusal` with the codes of ``rules.states.check_can_change_state``.
    """
    today = local_day(at)
    day = on or today
    with changing_territory():
        kept = _locked(version)
        state = state_of(kept)
        act = states.get_act(state, to)
        permission_of(act).check(by, owners_of(kept.pathway))
        others = list_neighbours(kept)
        states.check_can_change_state(
            state,
            to,
            defects=load_defects([kept], today)[kept.pk],
            on=day,
            today=today,
            starts_on=kept.starts_on,
            others=others,
            comment=comment,
        )
        territory = to is VersionState.IN_FORCE or state is VersionState.IN_FORCE
        if to is VersionState.IN_FORCE:
            _close(kept, states.versions_to_close(day, others), on=day, by=by)
            kept.starts_on = day
        elif state is VersionState.IN_FORCE:
            kept.ends_on = day
        kept.state = to
        kept.save()
        _note(kept, state, to, on=day, by=by, comment=comment)
        _record(
            "pathways.change-state", kept, by=by, at=at, changes_territory=territory,
            from_state=state.value, to_state=to.value, on=day.isoformat(),
        )  # fmt: skip
    return kept


def _close(version: PathwayVersion, numbers: Iterable[int], *, on: date, by: Actor) -> None:
    ending = PathwayVersion.objects.filter(pathway=version.pathway, number__in=list(numbers))
    for other in ending:
        before = state_of(other)
        other.ends_on = on
        other.state = VersionState.SUPERSEDED
        other.save()
        if before is not VersionState.SUPERSEDED:
            comment = f"Remplacée par la version {version.number}"
            _note(other, before, VersionState.SUPERSEDED, on=on, by=by, comment=comment)


def _locked(version: PathwayVersion) -> PathwayVersion:
    """The version as it is now in the database, held until the end of the transaction."""
    found = PathwayVersion.objects.select_for_update(of=("self",)).select_related(
        "pathway__owner_local", "pathway__owner_reference"
    )
    return found.get(pk=version.pk)


def _open(version: PathwayVersion, *, by: Actor) -> PathwayVersion:
    """The version, held, once it is sure that this actor may change its text."""
    kept = _locked(version)
    EDIT.check(by, owners_of(kept.pathway))
    states.check_can_edit(state_of(kept))
    return kept


def _steps_of(version: PathwayVersion) -> list[StepFacts]:
    return [get_step_facts(step) for step in version.steps.all()]


def _edit_steps(
    version: PathwayVersion,
    act: str,
    edit: Callable[[Sequence[StepFacts]], list[StepFacts]],
    order: int,
    by: Actor,
    at: datetime,
) -> None:
    with changing_territory():
        kept = _open(version, by=by)
        _write_steps(kept, edit(_steps_of(kept)))
        _record(act, kept, by=by, at=at, step=order)


def _write_steps(version: PathwayVersion, after: Sequence[StepFacts]) -> None:
    """Replace the steps of a version. Nothing points at a step, so that they are simply rewritten
    and no rank is ever taken twice on the way."""
    wrong = [step for step in after if step.return_to is not None and step.return_to >= step.order]
    if wrong:
        raise Refusal("pathway.return-forward", "Un retour mène à une étape qui vient avant.")
    version.steps.all().delete()
    PathwayStep.objects.bulk_create(
        PathwayStep(
            version=version,
            order=step.order,
            name=step.name,
            care_type=step.care_type.name,
            level=step.level.name,
            entry=step.entry,
            target_minutes=step.target_minutes,
            target_source=step.target_source,
            hours=[dict(window) for window in step.hours],
            entry_criteria=step.entry_criteria,
            return_to=step.return_to,
            return_criteria=step.return_criteria,
            return_within_hours=step.return_within_hours,
        )
        for step in after
    )


def _note(
    version: PathwayVersion,
    before: str,
    after: VersionState,
    *,
    on: date,
    by: Actor,
    comment: str = "",
) -> None:
    VersionChange.objects.create(
        version=version,
        from_state=before,
        to_state=after,
        on=on,
        by_name=by.name,
        comment=comment,
    )


def _record(
    act: str,
    version: PathwayVersion,
    *,
    by: Actor,
    at: datetime,
    changes_territory: bool = False,
    **details: object,
) -> None:
    pathway = version.pathway
    record(
        act,
        by=by,
        at=at,
        subject_kind="pathway",
        subject_key=pathway.slug,
        subject_name=pathway.name,
        organization=next(iter(owners_of(pathway)), ""),
        changes_territory=changes_territory,
        version=version.number,
        **details,
    )
