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
