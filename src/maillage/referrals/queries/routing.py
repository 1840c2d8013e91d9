"""Whom a request may be addressed to: the network of the day, asked from where the patient is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from maillage.coverage.queries.network import Loaded, load_network
from maillage.directory.enums import OrganizationKind
from maillage.directory.models import HealthcareService, Organization, Site
from maillage.engines.routing import Demand, Origin, journeys_home, receivers, resolve
from maillage.pathways.models import Pathway
from maillage.referrals.rules.routes import Proposal, WayBack, sort_receivers
from maillage.territory.models import Commune
from maillage.vocabulary.errors import Refusal


def propose(
    *,
    organization: Organization,
    site: Site | None = None,
    pathway: Pathway,
    step_order: int,
    age: int,
    at: datetime,
    commune: Commune | None = None,
    from_service: HealthcareService | None = None,
    back_from: int | None = None,
    back: WayBack | None = None,
    first_asked_by: Organization | None = None,
) -> Proposal:
    """The teams of a pathway step, as the routing engine ranks them from where the patient is.

    From a hospital: ``site`` (that of ``from_service``, else its first one). From a city practice,
    or an organization without site: ``commune``, else its own. ``back_from`` is the step that a
    patient goes back down from, and ``back`` where they came from: it is listed first, then what is
    nearest to their commune, or to the hospital that first asked for them (``first_asked_by``) when
    nothing says where they live. One query when the network of the month is in memory.

    Raises :class:`Refusal` when the pathway is not in force that day or when nothing says where the
    patient is, :class:`NotFound` for an unknown step, :class:`Invalid` for an impossible age.
    """
    loaded = _load(pathway, at)
    origin = find_origin(loaded, organization, site, commune, from_service)
    asked: dict[str, Any] = {"pathway": pathway.slug, "step": step_order, "age": age, "at": at}
    found = receivers(loaded.network, origin=origin, back_from=back_from, **asked)
    has_roster, asking = loaded.has_roster(at), from_service.slug if from_service else ""
    if back_from is not None:
        back = _from_home(loaded, back or WayBack(), commune, first_asked_by)
    teams = sort_receivers(
        found,
        loaded.names,
        has_roster=has_roster,
        back=back,
        leaving=organization.slug if back_from is not None else "",
        without=asking,
    )
    is_stuck = not (teams.lines or teams.waiting)
    return Proposal(
        origin=_name_of(loaded, origin, organization, commune),
        pathway=pathway.slug,
        pathway_name=loaded.pathways[pathway.slug],
        step_order=step_order,
        step_name=loaded.names.steps.get((pathway.slug, step_order), f"Étape {step_order}"),
        age=age,
        at=at,
        lines=teams.lines,
        waiting=teams.waiting,
        outside=teams.outside,
        left_out=teams.left_out,
        has_roster=has_roster,
        revision=loaded.revision,
        travel_source=loaded.travel_source,
        margin_minutes=loaded.network.travel.margin_minutes,
        way=_way(loaded, organization, pathway, step_order, age, at) if is_stuck else (),
    )


def _load(pathway: Pathway, at: datetime) -> Loaded:
    """The network of the day, if the pathway is in force in it."""
    loaded = load_network(at)
    if pathway.slug not in loaded.pathways:
        raise Refusal(
            "referrals.pathway",
            f"La filière « {pathway.name} » n'a pas de version en vigueur ce jour-là.",
        )
    return loaded


def find_origin(
    loaded: Loaded,
    organization: Organization,
    site: Site | None,
    commune: Commune | None,
    from_service: HealthcareService | None = None,
) -> Origin:
    """Where the patient of a request is, as the engine names it. Raises :class:`Refusal`."""
    key = organization.network_id
    in_city = organization.kind == OrganizationKind.CITY_PRACTICE
    if site is not None:
        return Origin(key, site.finess)
    if from_service is not None:
        card = loaded.names.services.get(from_service.slug)
        if card is not None:
            return Origin(key, card.site_finess)
    if not in_city:
        sites = [one.id for one in loaded.network.sites if one.organization == key]
        if sites:
            return Origin(key, sites[0])
    code = commune.code if commune is not None else organization.commune_id or ""
    if not code:
        raise Refusal(
            "referrals.no-place",
            "Rien ne dit où se trouve le patient : indiquez sa commune sur son dossier.",
        )
    return Origin(key, None, code)


def _from_home(
    loaded: Loaded, back: WayBack, commune: Commune | None, first_asked_by: Organization | None
) -> WayBack:
    """The way back, with the minutes from where the patient lives."""
    key = first_asked_by.network_id if first_asked_by is not None else ""
    sites = [one.id for one in loaded.network.sites if one.organization == key]
    minutes = journeys_home(
        loaded.network,
        commune=commune.code if commune is not None else "",
        site=next(iter(sites), ""),
    )
    return replace(back, minutes=minutes)


def _name_of(
    loaded: Loaded, origin: Origin, organization: Organization, commune: Commune | None
) -> str:
    if origin.site is not None:
        return loaded.names.sites.get(origin.site, organization.short_name)
    place = commune or organization.commune
    return place.name if place is not None else organization.short_name


def _way(
    loaded: Loaded,
    organization: Organization,
    pathway: Pathway,
    step_order: int,
    age: int,
    at: datetime,
) -> tuple[str, ...]:
    """The sites through which the pathway takes a resident of the same commune to this step, when
    it does: whom to ask first, when the team itself may not be asked from here."""
    code = organization.commune_id or ""
    if not code:
        return ()
    answer = resolve(loaded.network, Demand(code, pathway.slug, age, at))
    links = next((step.links for step in answer.steps if step.order == step_order), ())
    return tuple(loaded.names.services[link.service].site for link in links)
