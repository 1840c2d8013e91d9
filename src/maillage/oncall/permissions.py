"""Who may read and fill the duty lines."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, declare

READ = declare("oncall.read", "consulter les gardes et astreintes", ALL_ROLES)
"""Open to every role: who is on duty and how to reach the line is what this product is for."""

ASSIGN = declare(
    "oncall.assign",
    "affecter un praticien aux gardes de cet établissement",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""For the establishment that keeps the line, or the one that receives in that slot."""

ASSIGN_PAST = declare(
    "oncall.assign-past",
    "modifier une garde déjà commencée",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
"""A slot that has started is part of the record of who did what: medical affairs only."""

GENERATE = declare(
    "oncall.generate", "créer les créneaux de garde à partir des tours", [Role.ADMINISTRATOR]
)
IMPORT = declare("oncall.import", "importer des lignes et des créneaux", [Role.ADMINISTRATOR])

EXPORT_DRAFTS = declare(
    "oncall.export-drafts",
    "emporter les gardes prévues de tous les tableaux en préparation",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""The list holds the drafts of every hospital: a role on the whole territory is asked."""

IMPORT_ABSENCES = declare(
    "oncall.import-absences",
    "lire et importer la liste des absences et des exemptions de tout le territoire",
    [Role.ADMINISTRATOR],
    scoped=True,
)
"""These lists hold everybody's, with their causes: a role on the whole territory is asked, that of
one establishment does not do."""

ASK = declare(
    "oncall.ask",
    "demander de pourvoir une garde",
    [
        Role.DIRECTOR,
        Role.DOCTOR,
        Role.ON_CALL,
        Role.REGULATOR,
        Role.DIM,
        Role.COORDINATOR,
        Role.ADMINISTRATOR,
    ],
)
"""Whoever sees the hole may say so; filling it stays with those who keep the line."""

ANSWER = declare(
    "oncall.answer",
    "répondre aux demandes de garde de cet établissement",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""For the establishment that keeps the line, or one that receives through it."""

PLAN = declare(
    "oncall.plan",
    "faire les tableaux de service de cet établissement",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""For the establishment that carries the roster, or those that keep, or receive through, every one
of its lines. Who makes a roster of several establishments must plan for each of its lines; from
then on the one that carries it plans for all."""

READ_DRAFTS = declare(
    "oncall.read-drafts",
    "consulter les tableaux de service en préparation",
    [Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.ADMINISTRATOR],
)
"""Those who hold duties, and those who plan them. Everybody else reads what is published."""

GIVE_OPINION = declare(
    "oncall.give-opinion",
    "donner un avis sur les tableaux de service de cet établissement",
    [Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""For the establishments that keep, or receive through, a line of the roster."""

OWN_DUTIES = declare(
    "oncall.own-duties",
    "gérer ses propres gardes",
    [Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.DIM],
)
"""One's own duties, leave, wishes, swaps and calendar: for the practitioner whose account it is."""

READ_PEOPLE = declare(
    "oncall.read-people",
    "consulter qui participe aux lignes et ce qui a été fait des gardes",
    [Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.DIM, Role.ADMINISTRATOR],
)
"""Those who hold duties, and those who plan them: what was agreed with somebody and the time that
they worked are no business of the others."""

LINE_CALENDAR = declare(
    "oncall.line-calendar",
    "suivre une ligne dans un agenda",
    [Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.ADMINISTRATOR],
)
"""A secret address that shows the duties of a line, names included, to whoever has it."""

APPROVE_SWAP = declare(
    "oncall.approve-swaps",
    "valider les échanges de gardes de cet établissement",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""For the establishment that keeps the line, or one that receives through it. Who holds it also
proposes and accepts in the name of somebody who cannot."""

ANSWER_LEAVE = declare(
    "oncall.answer-leave",
    "répondre aux congés et aux souhaits des praticiens de cet établissement",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""For an establishment where the practitioner works."""

EXEMPT = declare(
    "oncall.exempt",
    "exempter de garde un praticien de cet établissement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
"""Medical affairs only: the cause of an exemption is about somebody's health or age."""

KEEP_MEMBERS = declare(
    "oncall.keep-members",
    "dire qui tient les lignes de cet établissement",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)

RECORD_DUTY = declare(
    "oncall.record-duty",
    "enregistrer les gardes réalisées de cet établissement",
    [Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR],
    scoped=True,
)
"""For the establishment that keeps the line, or one that receives through it; whoever did a duty
also records it."""
