"""``{% load accounts_ui %}``: how acts and roles are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from maillage.accounts import acts

register = template.Library()


@register.filter
def act_name(action: str) -> str:
    """The name of an act of the trail on screen."""
    return acts.act_name(action)


@register.filter
def act_details(details: Mapping[str, Any], action: str = "") -> str:
    """The details of a line of the trail, in one phrase, in the words of the act's room."""
    return acts.describe_details(details, action)


@register.filter
def place_name(organization: str, names: Mapping[str, str]) -> str:
    """Where a role is held: the organization's name, its key when unnamed, or everywhere."""
    return names.get(organization, organization) if organization else "Tout le territoire"
