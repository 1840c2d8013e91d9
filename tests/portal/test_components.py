"""The French writing of facts and the markup of the components, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory

from maillage.portal.templatetags import maillage_text as text
from maillage.portal.templatetags.maillage_icons import SHAPES, draw
from maillage.vocabulary.errors import Invalid, Problem

TODAY = date(2026, 11, 22)
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def plain(written: str) -> str:
    """The same text with ordinary spaces."""
    return written.replace(text.NBSP, " ").replace(text.THIN, " ")


def render(source: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path)
    template = Template("{% load maillage_ui %}" + source)
    return template.render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (0, 0, "0"),
        (999, 0, "999"),
        (12000, 0, "12 000"),
        (1234567, 0, "1 234 567"),
        (3.45, 1, "3,5"),
        (2.5, 0, "3"),
        (-12000, 0, "\u221212 000"),
        (-0.2, 0, "0"),
        (None, 0, ""),
        ("", 0, ""),
        ("inconnu", 0, "inconnu"),
        (float("nan"), 0, "nan"),
        (float("inf"), 0, "inf"),
    ],
)
def test_numbers(value: object, decimals: int, written: str) -> None:
    assert plain(text.french_number(value, decimals)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0 min"), (26, "26 min"), (26.5, "27 min"), (59.5, "1 h"), (60, "1 h"), (65, "1 h 05"),
     (135, "2 h 15"), (47 * 60 + 59, "47 h 59"), (48 * 60, "2 j"), (8709, "6 j 1 h"),
     (4 * 1440 - 20, "4 j"), (-8709, "\u22126 j 1 h"), (None, "")],
)  # fmt: skip
def test_minutes(value: float | None, written: str) -> None:
    assert plain(text.french_minutes(value)) == written


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (TODAY, "aujourd'hui"),
        (TODAY - timedelta(days=1), "hier"),
        (TODAY + timedelta(days=1), "demain"),
        (TODAY - timedelta(days=59), "il y a 59 jours"),
        (date(2026, 9, 22), "il y a 2 mois"),
        (date(2025, 11, 23), "il y a 11 mois"),
        (date(2024, 11, 23), "il y a 23 mois"),
        (date(2024, 11, 22), "il y a 2 ans"),
        (date(2023, 11, 23), "il y a 2 ans"),
        (date(2017, 7, 3), "il y a 9 ans"),
        (date(2029, 11, 22), "dans 3 ans"),
        (None, ""),
    ],
)
def test_age_of_a_fact(day: date | None, written: str) -> None:
    assert plain(text.french_age(day, TODAY)) == written


def test_age_needs_today() -> None:
    assert text.french_age(TODAY, None) == ""


def test_age_of_an_instant_follows_the_day_of_paris() -> None:
    just_before_midnight_utc = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert text.french_age(just_before_midnight_utc, TODAY) == "aujourd'hui"


@pytest.mark.parametrize(
    ("typed", "written", "address"),
    [
        ("0327143333", "03 27 14 33 33", "tel:+33327143333"),
        ("03.27.14.33.33", "03 27 14 33 33", "tel:+33327143333"),
        ("+33 3 27 14 33 33", "03 27 14 33 33", "tel:+33327143333"),
        ("+33 (0)3 27 14 33 33", "03 27 14 33 33", "tel:+33327143333"),
        ("0033327143333", "03 27 14 33 33", "tel:+33327143333"),
        ("15", "15", "tel:15"),
        ("116 117", "116 117", "tel:116117"),
        ("+32 65 12 34 56", "+32 65 12 34 56", "tel:+3265123456"),
        ("standard", "standard", ""),
    ],
)
def test_phone_numbers(typed: str, written: str, address: str) -> None:
    assert plain(text.french_phone(typed)) == written
    assert text.phone_uri(typed) == address


def test_phone_link_escapes_what_was_typed() -> None:
    html = render("{{ tel|phone_link }}{{ bad|phone_link }}", tel="<b>15</b>", bad="<script>")
    assert "<b>" not in html
    assert "<script>" not in html
    assert 'href="tel:15"' in html


def test_dates_and_instants() -> None:
    html = render(
        '{{ d|fr_date }}|{{ d|fr_date:"jour" }}|{{ d|fr_date:"court" }}|{{ t|fr_instant }}|'
        "{{ t|fr_clock }}|{{ nothing|fr_date }}{{ nothing|eve|fr_date }}|{{ d|eve|fr_date }}",
        d=date(2026, 12, 24), t=NIGHT, nothing=None,
    )  # fmt: skip
    assert plain(html) == (
        "24 décembre 2026|jeudi 24 décembre 2026|24/12/2026|dimanche 22 novembre 2026 à 3 h|3 h||"
        "23 décembre 2026"
    )


def test_when_says_the_wait_and_the_hour() -> None:
    soon = render("{% when m now %}", m=NIGHT + timedelta(minutes=25), now=NIGHT)
    assert "dans 25 min" in plain(soon)
    assert "(3 h 25)" in plain(soon)
    later = render("{% when m now %}", m=NIGHT + timedelta(days=3), now=NIGHT)
    assert "dans 3 jours" in plain(later)
    assert "mercredi 25 novembre 2026 à 3 h" in plain(later)


def test_an_hour_names_its_day_only_when_it_is_another() -> None:
    today = render("{% hour m now %}", m=NIGHT + timedelta(minutes=15), now=NIGHT)
    assert plain(today) == '<time datetime="2026-11-22T02:15:00+00:00">3 h 15</time>'
    other = render("{% hour m now %}", m=NIGHT + timedelta(days=32), now=NIGHT)
    assert ">24/12/2026 <span" in plain(other)
    assert "3 h</span>" in plain(other)
    assert "–" in render("{% hour m now %}", m=None, now=NIGHT)


@pytest.mark.parametrize(
    ("level", "css", "word"),
    [("ok", "ok", "Dans la cible"), ("HOLE", "hole", "Personne"), ("AT_LIMIT", "limit", "limite"),
     ("LATE", "late", "En retard"), ("NOT_REQUIRED", "none", "Non requis")],
)  # fmt: skip
def test_a_state_has_a_sign_and_a_word(level: str, css: str, word: str) -> None:
    html = render("{% state level %}", level=level)
    assert f"badge--{css}" in html
    assert "<svg" in html
    assert word in html


def test_a_state_escapes_its_word_and_refuses_an_unknown_level() -> None:
    assert "&lt;b&gt;" in render("{% state 'info' word %}", word="<b>")
    with pytest.raises(TemplateSyntaxError):
        render("{% state 'rouge' %}")


def test_every_sign_is_hidden_from_screen_readers() -> None:
    assert all('aria-hidden="true"' in draw(name) for name in SHAPES)
    with pytest.raises(KeyError):
        draw("licorne")


def test_pagination_keeps_the_filters() -> None:
    page = Paginator(range(500), 25).get_page(4)
    html = render("{% pagination page %}", "/communes?nom=a%26b&tri=-nom&page=4", page=page)
    assert 'href="?nom=a%26b&amp;tri=-nom&amp;page=5" rel="next"' in html
    assert 'href="?nom=a%26b&amp;tri=-nom&amp;page=20"' in html
    assert html.count('aria-current="page"') == 1


def test_pagination_is_silent_on_a_single_page() -> None:
    assert "<nav" not in render("{% pagination page %}", page=Paginator([1], 25).get_page(1))


def test_sorting_keeps_the_filters_and_goes_back_to_the_first_page() -> None:
    html = render('{% sort_header "Nom" "nom" %}', "/communes?q=ab&tri=nom&page=3")
    assert 'aria-sort="ascending"' in html
    assert 'href="?q=ab&amp;tri=-nom"' in html
    down = render('{% sort_header "Nom" "nom" %}', "/communes?tri=-nom")
    assert 'aria-sort="descending"' in down
    assert 'href="?tri=nom"' in down
    assert "aria-sort" not in render('{% sort_header "Nom" "nom" %}', "/communes")
    assert "ascending" in render('{% sort_header "Nom" "nom" default="nom" %}', "/communes")


def test_row_count_links_to_the_same_rows() -> None:
    html = render('{% row_count 1200 "commune" csv_url="/c.csv" %}', "/communes?dep=59&page=2")
    assert "<strong>1 200</strong> communes" in plain(html)
    assert 'href="/c.csv?dep=59"' in html
    assert "1</strong> commune<" in render('{% row_count 1 "commune" %}<').replace(" <", "<")


def test_query_removes_and_changes() -> None:
    assert render("{% query a=None b=2 %}", "/?a=1&c=3") == "?c=3&amp;b=2"
    assert render("{% query a=None %}", "/?a=1") == "?"


def test_a_refused_act_stays_and_says_why() -> None:
    html = render('{% act "Signer" refused=why %}', why="Il manque <une> signature.")
    assert 'aria-disabled="true"' in html
    assert 'aria-describedby="refus-signer"' in html
    assert 'id="refus-signer">Il manque &lt;une&gt; signature.' in html
    assert "<form" not in html


def test_a_posted_act_carries_its_token_and_its_question() -> None:
    html = render('{% act "Fin" "/x" method="post" confirm="Sûr ?" %}', csrf_token="jeton")
    assert 'name="csrfmiddlewaretoken" value="jeton"' in html
    assert 'data-confirm="Sûr ?"' in html


def test_source_line_says_where_when_and_how_old() -> None:
    html = render("{% source_line s d t %}", s="FINESS <x>", d=date(2017, 7, 3), t=TODAY)
    assert "FINESS &lt;x&gt;" in html
    assert "il y a 9 ans" in plain(html)
    assert 'datetime="2017-07-03"' in html


def test_typeahead_works_without_script() -> None:
    html = render(
        '{% typeahead "commune" "Commune" "/p?q=" value="59249" text=t help="Aide" error="Faux" %}',
        t='Fourmies "59"',
    )
    assert 'name="commune" value="Fourmies &quot;59&quot;"' in html
    assert 'data-typeahead="/p?q="' in html
    assert 'data-typeahead-name="commune_code"' in html
    assert 'type="hidden"' not in html, "a stale code must never be posted without script"
    assert 'aria-describedby="id_commune_helptext id_commune_error"' in html
    assert 'id="id_commune_error"' in html


class Sample(forms.Form):
    name = forms.CharField(label="Nom", help_text="Comme sur la carte.")
    kind = forms.ChoiceField(
        label="Nature", choices=[("a", "Une"), ("b", "Deux")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="Note", required=False)
    agree = forms.BooleanField(label="D'accord", required=False)
    code = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_form_ties_labels_help_and_errors_to_its_fields() -> None:
    html = render("{% render_form form %}", form=Sample({"note": "<i>dit</i>"}))
    assert '<label for="id_name">Nom</label>' in html
    assert 'id="id_name_helptext">Comme sur la carte.' in html
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert "<legend>Nature</legend>" in html
    assert '<label for="id_note">Note <span class="optional">(facultatif)</span>' in html
    assert 'value="&lt;i&gt;dit&lt;/i&gt;"' in html, "what was typed comes back, escaped"
    assert 'class="error-summary" role="alert"' in html
    assert 'href="#id_name"' in html
    assert html.count('name="code"') == 1


def test_a_form_without_error_has_no_summary() -> None:
    assert "error-summary" not in render("{% render_form form %}", form=Sample())


def test_summary_link_of_a_radio_group_leads_to_an_element_that_exists() -> None:
    html = render("{% render_form form %}", form=Sample({"name": "x"}))
    target = html.split('href="#')[1].split('"')[0]
    assert f'id="{target}"' in html


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429, 500])
def test_error_pages_need_no_context(status: int) -> None:
    html = render_to_string(f"portal/errors/{status}.html")
    assert f"Erreur {status}" in html
    assert "style=" not in html
    assert "onclick" not in html


def test_an_error_page_lists_the_problems_escaped() -> None:
    error = Invalid("x.y", "Le fichier <est> faux.", [Problem("absent", file="a.csv", row=3)])
    html = render_to_string("portal/errors/422.html", {"error": error})
    assert "Le fichier &lt;est&gt; faux." in html
    assert "a.csv, ligne 3 : absent" in html
