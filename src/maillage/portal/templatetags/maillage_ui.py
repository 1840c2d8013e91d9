"""``{% load maillage_ui %}``: the filters and the components of every page.

The markup of each component is described in docs/reference/components.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from django import template
from django.http import QueryDict
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from maillage.accounts.permissions import NOBODY, REGISTRY
from maillage.portal.templatetags import maillage_text as text
from maillage.portal.templatetags.maillage_icons import INTENTIONS, draw
from maillage.vocabulary.calendar import french_clock, french_day, french_instant

register = template.Library()

PAGE = "page"
"""Query parameter of the page number."""

SORT = "tri"
"""Query parameter of the sort: a key, or a key after « - » for the reverse order."""

LEVELS: dict[str, str] = {
    "ok": "Dans la cible",
    "limit": "À la limite",
    "late": "En retard",
    "hole": "Personne",
    "none": "Non requis",
    "info": "",
    "neutral": "",
}
"""The five meanings (plus two without a meaning of care), each with its usual word."""

VERDICT_LEVELS: dict[str, str] = {
    "ON_TARGET": "ok",
    "AT_LIMIT": "limit",
    "LATE": "late",
    "HOLE": "hole",
    "NOT_REQUIRED": "none",
}
"""The meaning of each verdict of the routing engine."""


class PageLike(Protocol):
    """What the pagination needs of :class:`django.core.paginator.Page`."""

    number: int
    paginator: Any


# Filters


@register.filter
def fr_date(value: date | datetime | None, form: str = "") -> str:
    """« 24 décembre 2026 »; with ``"jour"``, « jeudi 24 décembre 2026 »; with ``"court"``,
    « 24/12/2026 ». "" for None."""
    if not value:
        return ""
    day = text.as_day(value)
    if form == "court":
        return f"{day.day:02d}/{day.month:02d}/{day.year}"
    return text.keep_together(french_day(day)) if not form else french_day(day, weekday=True)


@register.filter
def eve(end: date | None) -> date | None:
    """The last day of a period whose end is kept excluded, as people say it. None for None."""
    return end - timedelta(days=1) if end else None


@register.filter
def fr_instant(value: datetime | None, form: str = "jour") -> str:
    """« jeudi 24 décembre 2026 à 3 h » in Paris; ``"court"`` leaves the weekday out."""
    return text.keep_hours(french_instant(value, weekday=form != "court")) if value else ""


@register.filter
def fr_clock(value: datetime | time | None) -> str:
    """« 3 h », « 18 h 30 » in Paris."""
    return text.keep_together(french_clock(value)) if value is not None else ""


@register.filter
def iso(value: date | datetime | None) -> str:
    """The machine form, for the ``datetime`` attribute of ``<time>``."""
    return value.isoformat() if value else ""


@register.filter
def fr_number(value: object, decimals: int = 0) -> str:
    """« 12 000 »; ``|fr_number:1`` gives « 3,5 »."""
    return text.french_number(value, int(decimals))


@register.filter
def minutes(value: float | None) -> str:
    """« 26 min », « 1 h 05 »."""
    return text.french_minutes(value)


@register.filter
def age_of(value: date | datetime | None, today: date | datetime | None) -> str:
    """``{{ fact.known_on|age_of:today }}``: « il y a 3 ans »."""
    return text.french_age(value, today)


@register.filter
def phone(value: str | None) -> str:
    """« 03 27 14 33 33 »."""
    return text.french_phone(value)


@register.filter
def phone_uri(value: str | None) -> str:
    """The address that a phone dials, « tel:+33353011395 »; empty when there is no digit."""
    return text.phone_uri(value) if value else ""


@register.filter
def phone_link(value: str | None, css: str = "phone") -> SafeString | str:
    """The number as a link that a phone dials; the plain text when it holds no digit."""
    if not value:
        return ""
    address = text.phone_uri(value)
    written = text.french_phone(value)
    if not address:
        return written
    return format_html('<a class="{}" href="{}">{}</a>', css, address, written)


@register.filter
def verdict_level(value: object) -> str:
    """The meaning (ok, limit, late, hole, none) of a verdict of the engine."""
    return VERDICT_LEVELS.get(str(getattr(value, "value", value)), "neutral")


@register.filter
def intention_icon(label: str) -> SafeString:
    """The sign of an intention of the rail."""
    return draw(INTENTIONS.get(label.replace("\u2019", "'"), "accueil"))


@register.filter
def intention_short(label: str) -> str:
    """The label of an intention in the bar of a phone, where seven must fit."""
    return {"Former et chercher": "Former", "Administrer": "Admin."}.get(label, label)


@register.filter
def any_current(items: Sequence[dict[str, Any]]) -> bool:
    """True when one of these links of the rail is the page that is shown."""
    return any(item.get("current") for item in items)


@register.filter
def message_kind(level_tag: str) -> str:
    """The kind of notice of a Django message level."""
    return level_tag if level_tag in ("success", "warning", "error") else "info"


# Small tags


@register.simple_tag
def icon(name: str) -> SafeString:
    """``{% icon "phone" %}``: a sign; put a word beside it."""
    return draw(name)


@register.simple_tag
def state(level: str, label: str = "") -> SafeString:
    """``{% state "hole" "Trou de couverture" %}``: a badge, always a sign and a word. ``level`` is
    one of ok, limit, late, hole, none, info, neutral, or a verdict of the engine."""
    known = VERDICT_LEVELS.get(str(getattr(level, "value", level)), str(level))
    if known not in LEVELS:
        raise template.TemplateSyntaxError(f"Unknown level {level!r}")
    sign = draw(known) if LEVELS[known] else ""
    return format_html(
        '<span class="badge badge--{}">{}{}</span>', known, sign, label or LEVELS[known]
    )


@register.simple_tag
def when(moment: datetime | None, now: datetime) -> SafeString | str:
    """« dans 25 min (3 h 15) »: the wait, and the exact hour (and day, when it is another day)."""
    if moment is None:
        return ""
    same_day = text.as_day(moment) == text.as_day(now)
    exact = fr_clock(moment) if same_day else french_instant(moment)
    return format_html(
        '<time datetime="{}">{} <span class="soft">({})</span></time>',
        moment.isoformat(),
        text.french_wait(moment, now),
        exact,
    )


@register.simple_tag
def hour(moment: datetime | None, now: datetime) -> SafeString:
    """« 3 h 15 » today, « 24/12/2026 3 h 15 » another day; a dash for none. For columns of tables:
    an included template for each cell costs more than all the rest of its row."""
    if moment is None:
        return format_html('<span class="soft">{}</span>', "–")
    clock: SafeString | str = fr_clock(moment)
    if text.as_day(moment) != text.as_day(now):
        clock = format_html('{} <span class="soft">{}</span>', fr_date(moment, "court"), clock)
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), clock)


def _query(context: Context) -> QueryDict:
    request = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


@register.simple_tag(takes_context=True)
def may(context: Context, code: str) -> bool:
    """``{% may "coverage.plan" as may_plan %}``: whether the reader holds a permission somewhere,
    by its code: a page so shows a link of a room above only to those who may follow it."""
    permission = REGISTRY.get(code)
    actor = getattr(context.get("request"), "actor", NOBODY)
    return permission is not None and permission.allows(actor, actor.organizations())


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: object) -> str:
    """``{% query page=2 tri=None %}``: the query of this page with these changes, « ? » included.
    None removes a parameter. Changing anything but the page goes back to the first page."""
    params = _query(context)
    if PAGE not in changes:
        params.pop(PAGE, None)
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = str(value)
    encoded = params.urlencode()
    return f"?{encoded}" if encoded else "?"


# Components


@register.inclusion_tag("portal/components/source.html")
def source_line(
    source: str,
    on: date | datetime | None = None,
    today: date | datetime | None = None,
    url: str = "",
    note: str = "",
) -> dict[str, Any]:
    """« Source : …, au 3 juillet 2017 (il y a 9 ans). » Where a fact comes from, and its age."""
    return {"source": source, "on": on, "today": today, "url": url, "note": note}


@register.inclusion_tag("portal/components/notice.html")
def notice(kind: str, message: str, title: str = "") -> dict[str, Any]:
    """A message: ``kind`` is info, success, warning or error."""
    return {"kind": kind, "message": message, "title": title}


@register.inclusion_tag("portal/components/empty.html")
def empty_state(title: str, message: str = "", url: str = "", action: str = "") -> dict[str, Any]:
    """What a list says when it holds nothing, and the way on."""
    return {"title": title, "message": message, "url": url, "action": action}


@register.inclusion_tag("portal/components/act.html", takes_context=True)
def act(
    context: Context,
    label: str,
    url: str = "",
    *,
    method: str = "get",
    kind: str = "",
    refused: str = "",
    confirm: str = "",
    id: str = "",
) -> dict[str, Any]:
    """A possible act as a button: a link (``get``) or a one-button form (``post``). When
    ``refused`` holds a sentence, the button stays visible, does nothing and says why."""
    return {
        "label": label,
        "url": url,
        "post": method.lower() == "post",
        "kind": kind,
        "refused": refused,
        "confirm": confirm,
        "id": id or f"refus-{slugify(label)}",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("portal/components/count.html", takes_context=True)
def row_count(
    context: Context,
    total: int,
    singular: str,
    plural: str = "",
    csv_url: str = "",
) -> dict[str, Any]:
    """« 348 communes », and the link to the same rows as CSV (filters kept)."""
    noun = singular if total < 2 else (plural or f"{singular}s")
    return {
        "total": total,
        "noun": noun,
        "csv_url": f"{csv_url}{query(context)}".rstrip("?") if csv_url else "",
    }


def _page_numbers(number: int, last: int) -> list[int | None]:
    """First, last and the two neighbours on each side; None where pages are left out."""
    shown = sorted({1, last} | {n for n in range(number - 2, number + 3) if 1 <= n <= last})
    numbers: list[int | None] = []
    for page_number in shown:
        if numbers and numbers[-1] is not None and page_number - numbers[-1] == 2:
            numbers.append(page_number - 1)
        elif numbers and numbers[-1] is not None and page_number - numbers[-1] > 2:
            numbers.append(None)
        numbers.append(page_number)
    return numbers


@register.inclusion_tag("portal/components/pages.html", takes_context=True)
def pagination(context: Context, page: PageLike, label: str = "Pages") -> dict[str, Any]:
    """Links to the other pages of a list; every other parameter of the address is kept."""
    last = page.paginator.num_pages
    links = [
        {"number": number, "url": query(context, page=number) if number else ""}
        for number in _page_numbers(page.number, last)
    ]
    return {
        "label": label,
        "links": links,
        "current": page.number,
        "several": last > 1,
        "previous": query(context, page=page.number - 1) if page.number > 1 else "",
        "next": query(context, page=page.number + 1) if page.number < last else "",
    }


@register.inclusion_tag("portal/components/sort.html", takes_context=True)
def sort_header(
    context: Context, label: str, key: str, *, numeric: bool = False, default: str = ""
) -> dict[str, Any]:
    """A column header that sorts by ``key`` (parameter ``tri``): up, then down. ``default`` is the
    order of the list when the address names none."""
    current = _query(context).get(SORT) or default
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return {
        "label": label,
        "numeric": numeric,
        "direction": direction,
        "sign": {"ascending": "up", "descending": "down"}.get(direction, "both"),
        "url": query(context, **{SORT: f"-{key}" if direction == "ascending" else key}),
    }


@register.inclusion_tag("portal/components/field.html")
def render_field(field: Any, css: str = "") -> dict[str, Any]:
    """One field of a Django form: label above, help under, error beside it."""
    return {"field": field, "css": css}


@register.inclusion_tag("portal/components/form.html")
def render_form(form: Any) -> dict[str, Any]:
    """The error summary and all fields of a Django form (not the ``<form>`` element itself)."""
    return {"form": form}


@register.inclusion_tag("portal/components/error_summary.html")
def error_summary(form: Any, others: Sequence[Any] = ()) -> dict[str, Any]:
    """What to correct, with a link to each field. ``others`` are further forms of the page."""
    return {"forms": [form, *others], "wrong": any(f.errors for f in (form, *others))}


@register.inclusion_tag("portal/components/typeahead.html")
def typeahead(
    name: str,
    label: str,
    url: str,
    *,
    value_name: str = "",
    value: str = "",
    text: str = "",
    help: str = "",
    error: str = "",
    placeholder: str = "",
    required: bool = True,
) -> dict[str, Any]:
    """A text field that proposes entries of a long list. ``url`` ends with « q= ». The chosen code
    goes into ``value_name``; without script the field posts the typed text under ``name``."""
    return {
        "name": name,
        "label": label,
        "url": url,
        "value_name": value_name or f"{name}_code",
        "value": value,
        "text": text,
        "help": help,
        "error": error,
        "placeholder": placeholder,
        "required": required,
    }
