"""Pages of the agreements room."""

from django.urls import path, register_converter

from maillage.agreements.enums import DelayClock, DelayPriority
from maillage.agreements.views import delays, life, reading, text


class DelayClockConverter:
    """A clock in an address."""

    regex = "|".join(DelayClock)
    to_python = DelayClock
    to_url = str


class DelayPriorityConverter:
    """A priority in an address."""

    regex = "|".join(DelayPriority)
    to_python = DelayPriority
    to_url = str


register_converter(DelayClockConverter, "delay_clock")
register_converter(DelayPriorityConverter, "delay_priority")

app_name = "agreements"
urlpatterns = [
    path("", reading.list_page, name="list"),
    path("liste.csv", reading.list_csv, name="csv"),
    path("frise", reading.timeline, name="timeline"),
    path("nouvelle", text.create, name="create"),
    path("<slug:slug>", reading.detail, name="detail"),
    path("<slug:slug>/documents/<int:document_id>", reading.document, name="document"),
    path("<slug:slug>/modifier", text.edit, name="edit"),
    path("<slug:slug>/parties/ajouter", text.add_party, name="add-party"),
    path("<slug:slug>/parties/<int:party_id>/retirer", text.remove_party, name="remove-party"),
    path("<slug:slug>/parties/<int:party_id>/signer", life.sign, name="sign"),
    path("<slug:slug>/missions", text.missions, name="missions"),
    path("<slug:slug>/perimetre/ajouter", text.add_scope, name="add-scope"),
    path("<slug:slug>/clauses/ajouter", text.add_clause, name="add-clause"),
    path("<slug:slug>/clauses/<slug:clause>/fin", text.end_clause, name="end-clause"),
    path("<slug:slug>/clauses/<slug:clause>/retirer", text.remove_clause, name="remove-clause"),
    path("<slug:slug>/clauses/<slug:clause>/delai", delays.set_delay, name="set-delay"),
    path(
        "<slug:slug>/clauses/<slug:clause>/delai/<delay_clock:clock>/<delay_priority:priority>"
        "/retirer",
        delays.remove_delay,
        name="remove-delay",
    ),
    path(
        "<slug:slug>/clauses/<slug:clause>/conditions",
        delays.set_conditions,
        name="set-conditions",
    ),
    path("<slug:slug>/engagements/ajouter", text.add_commitment, name="add-commitment"),
    path("<slug:slug>/avis/ajouter", life.add_opinion, name="add-opinion"),
    path("<slug:slug>/etapes/<slug:act>", life.step, name="step"),
    path("<slug:slug>/resilier", life.terminate, name="terminate"),
    path("<slug:slug>/reconduire", life.renew, name="renew"),
    path("<slug:slug>/avenants/ajouter", life.amend, name="amend"),
    path("<slug:slug>/avenants/clore", life.close_amendment, name="close-amendment"),
    path("<slug:slug>/documents/joindre", life.attach, name="attach"),
]
