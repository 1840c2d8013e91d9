"""Who may ask, answer, regulate and read the figures. What one request shows also needs a legal
basis for its patient (``patients.rules.access``)."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import declare

READ = declare(
    "referrals.read",
    "consulter les demandes de votre établissement",
    [Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.COORDINATOR, Role.CITY],
)

ASK = declare(
    "referrals.ask",
    "adresser une demande au nom de cet établissement",
    [Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.CITY],
    scoped=True,
)

ANSWER = declare(
    "referrals.answer",
    "répondre aux demandes reçues par cet établissement",
    [Role.DOCTOR, Role.ON_CALL],
    scoped=True,
)
"""Opinions and medical acceptances are given by doctors."""

GIVE_BED = declare(
    "referrals.give-bed",
    "confirmer un lit dans cet établissement",
    [Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR],
    scoped=True,
)

REGULATE = declare("referrals.regulate", "réguler les transferts", [Role.REGULATOR])

FIGURES = declare(
    "referrals.figures",
    "consulter les délais et les volumes des demandes",
    [
        Role.DIRECTOR,
        Role.DIM,
        Role.DOCTOR,
        Role.ON_CALL,
        Role.COORDINATOR,
        Role.REGULATOR,
    ],
)

FOLLOW_DAY = declare(
    "referrals.follow-day",
    "suivre les demandes du jour, sans rien du patient",
    [Role.DIRECTOR, Role.REGULATOR],
)
"""The operational list of those who run an agreement or a hospital: lines, hours, delays."""
