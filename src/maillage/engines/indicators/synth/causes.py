"""Why people are admitted: codes, groups, length, level, what follows. Plausible, all illustrative.

Groups look like GHM and tariffs like those of the public scale, rounded: they are not the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

from maillage.engines.indicators.synth.space import Need

Shares = tuple[tuple[str, float], ...]
"""Codes with their shares, in any scale."""


@dataclass(frozen=True, slots=True)
class Cause:
    """``group`` of five characters takes a level of severity as sixth. ``days`` is the mean length
    (0: out on the day of entry). ``urgent``: share through an emergency department. ``up``: what
    the share ``moves_up`` of stays needs that the first site may not have. ``again``: share
    followed by another urgent stay within 30 days. ``beside``: associated diagnoses with the share
    of stays that have them. ``acts``: CCAM codes, likewise."""

    mains: Shares
    group: str
    tariff: float
    days: float
    urgent: float = 0.0
    need: Need = Need.GENERAL
    up: Need = Need.RECOURSE
    moves_up: float = 0.0
    again: float = 0.05
    related: Shares = (("", 1),)
    beside: Shares = ()
    acts: Shares = ()
    sessions: int = 0
    rehabilitation: float = 0.0
    peak: float = 0.04
    strength: float = 0.0


# fmt: off
CAUSES: dict[str, Cause] = {
    "heart-failure": Cause(
        (("I500", 40), ("I501", 33), ("I509", 16), ("I110", 5), ("J81", 4), ("I130", 2)),
        "05M09", 3900, 9, .72, moves_up=.05, up=Need.HEART, again=.135,
        beside=(("I10", .45), ("I489", .42), ("N189", .22), ("J960", .12)),
        acts=(("DZQM006", .7), ("DEQP003", .9)), peak=.04, strength=.28),
    "heart-failure-related": Cause(
        (("I110", 50), ("I130", 20), ("J81", 30)), "05M09", 4100, 9, .75, again=.13,
        beside=(("I500", .9), ("I10", .2)), acts=(("DEQP003", .9),), strength=.28),
    "copd": Cause(
        (("J440", 45), ("J441", 40), ("J448", 5), ("J449", 10)), "04M08", 3300, 8, .76,
        moves_up=.03, again=.155, beside=(("J960", .3), ("Z720", .25), ("J961", .2)),
        acts=(("ZBQK002", .8),), strength=.38),
    "asthma": Cause(
        (("J450", 30), ("J459", 40), ("J46", 30)), "04M07", 1500, 3, .82, again=.06,
        acts=(("ZBQK002", .6),), peak=.75, strength=.3),
    "angina": Cause(
        (("I200", 60), ("I209", 25), ("I208", 15)), "05M06", 1900, 3, .55, up=Need.HEART,
        moves_up=.12, again=.07, beside=(("I251", .5), ("I10", .4)), acts=(("DEQP003", .9),)),
    "infarct": Cause(
        (("I210", 20), ("I211", 25), ("I214", 50), ("I219", 5)), "05K06", 5200, 5, .8,
        up=Need.HEART, moves_up=.55, again=.085, beside=(("I251", .6), ("I10", .4), ("Z720", .3)),
        acts=(("DDAF006", .6), ("DEQP003", 1)), strength=.12),
    "coronary-planned": Cause(
        (("I251", 85), ("I255", 15)), "05K10", 2600, 1.2, .03, Need.HEART,
        again=.03, acts=(("DDQH012", .8), ("DDAF006", .35))),
    "rhythm": Cause(
        (("I480", 30), ("I489", 40), ("I442", 15), ("I495", 15)), "05M08", 2400, 4, .5, again=.07,
        acts=(("DEQP003", 1), ("DELF007", .2))),
    "stroke": Cause(
        (("I630", 8), ("I633", 12), ("I634", 30), ("I638", 10), ("I639", 24), ("I610", 4),
         ("I619", 8), ("I64", 4)),
        "01M30", 5600, 10, .86, Need.EMERGENCY, Need.STROKE, .42, again=.08,
        beside=(("G819", .4), ("R470", .3), ("I10", .5), ("I489", .25)),
        acts=(("ACQN001", .5), ("ACQK001", .9), ("GLLD004", .05)), rehabilitation=.34,
        strength=.08),
    "tia": Cause(
        (("G459", 85), ("G458", 15)), "01M16", 2100, 3, .85, Need.EMERGENCY, Need.STROKE, .2,
        again=.05, beside=(("I10", .5),), acts=(("ACQK001", .9),)),
    "diabetes-acute": Cause(
        (("E1118", 25), ("E1108", 15), ("E1100", 15), ("E1110", 35), ("E1010", 10)), "10M02",
        3000, 6, .8, again=.1),
    "diabetes-check": Cause(
        (("E1190", 35), ("E1198", 20), ("E1140", 12), ("E1120", 10), ("E1138", 8), ("E1170", 15)),
        "10M02", 1600, 2.2, .12, again=.03, beside=(("E669", .35), ("I10", .5), ("E780", .3))),
    "diabetes-foot": Cause(
        (("E1150", 60), ("E1170", 40)), "05M11", 6200, 13, .4, moves_up=.1, again=.15,
        beside=(("L97", .6), ("I702", .5), ("N189", .2)), acts=(("NZFA004", .18),)),
    "kidney": Cause(
        (("N179", 35), ("N184", 20), ("N185", 20), ("N189", 25)), "11M06", 3400, 7, .5, again=.11,
        beside=(("I10", .5), ("D631", .2))),
    "dialysis": Cause(
        (("Z491", 1),), "28Z04Z", 1015, 0, related=(("N185", 1),), sessions=3, again=0),
    "chemotherapy": Cause(
        (("Z511", 1),), "28Z07Z", 420, 0, need=Need.CANCER, related=(("C509", 1),), sessions=1,
        again=0),
    "breast-surgery": Cause(
        (("C500", 5), ("C501", 8), ("C504", 45), ("C508", 20), ("C509", 22)), "09C05", 3300, 1.6,
        need=Need.CANCER, again=.02, acts=(("QEFA004", .7), ("QEFA003", .25), ("FCFA029", .6))),
    "cancer": Cause(
        (("C341", 16), ("C349", 10), ("C187", 10), ("C20", 8), ("C61", 12), ("C679", 9),
         ("C787", 10), ("C793", 6), ("C250", 8), ("C833", 6), ("C07", 5)),
        "17M06", 4200, 7, .3, need=Need.RECOURSE, up=Need.UNIVERSITY, moves_up=.06, again=.13,
        beside=(("D630", .2), ("E43", .25), ("Z515", .1))),
    "alcohol": Cause(
        (("F100", 52), ("F102", 22), ("F103", 26)), "20Z05", 1500, 3.5, .8, again=.14,
        beside=(("K703", .12), ("F172", .4), ("E512", .03))),
    "opioids": Cause(
        (("F112", 45), ("F192", 20), ("T401", 15), ("F110", 20)), "20Z04", 1700, 4, .7, again=.12,
        beside=(("F172", .6), ("B182", .1))),
    "intoxication": Cause(
        (("T424", 45), ("T391", 20), ("T432", 20), ("T509", 15)), "21M11", 1100, 1.6, .95,
        again=.07, beside=(("F329", .4), ("X61", .8))),
    "hip": Cause(
        (("S7200", 45), ("S7210", 45), ("S7220", 10)), "08C47", 6900, 11, .93, again=.08,
        beside=(("W199", .8), ("F03", .12), ("E43", .15), ("D62", .35)),
        acts=(("NEKA020", .45), ("NBCA010", .5)), rehabilitation=.55, strength=.10),
    "fall": Cause(
        (("R296", 30), ("S0600", 15), ("S3220", 12), ("S3250", 13), ("S4220", 15), ("R55", 15)),
        "08M25", 2500, 6, .93, again=.1, beside=(("W199", .7), ("F03", .15)), rehabilitation=.18,
        strength=.14),
    "dehydration": Cause(
        (("E86", 1),), "10M13", 2600, 7, .85, again=.13,
        beside=(("F03", .25), ("E870", .3), ("N179", .3)), peak=.57, strength=.3),
    "malnutrition": Cause(
        (("E43", 50), ("E440", 30), ("R13", 20)), "10M14", 3800, 9, .5, again=.13,
        beside=(("F03", .3),)),
    "confusion": Cause(
        (("F059", 30), ("F03", 25), ("G309", 25), ("F019", 20)), "01M22", 3900, 11, .75, again=.13,
        beside=(("R410", .3), ("N390", .2), ("E43", .2)), rehabilitation=.15),
    "pneumonia": Cause(
        (("J181", 30), ("J189", 30), ("J150", 5), ("J690", 20), ("J180", 15)), "04M05", 3500, 8,
        .86, again=.115, beside=(("J960", .25), ("E86", .1)), acts=(("ZBQK002", .9),),
        strength=.4),
    "urinary": Cause(
        (("N390", 55), ("N10", 45)), "11M04", 2300, 5, .85, again=.1, peak=.6, strength=.1),
    "bronchiolitis": Cause(
        (("J210", 70), ("J219", 30)), "04M02", 1300, 2.6, .95, again=.04, peak=.95, strength=.9),
    "child": Cause(
        (("A090", 30), ("J050", 12), ("R560", 12), ("S0600", 16), ("J359", 15), ("H652", 15)),
        "06M03", 1000, 1.3, .75, again=.03, peak=.05, strength=.3),
    "chest-pain": Cause(
        (("R074", 60), ("R55", 25), ("R42", 15)), "05M13", 900, 1.4, .92, again=.05,
        acts=(("DEQP003", .9),)),
    "digestive": Cause(
        (("K802", 24), ("K358", 14), ("K409", 18), ("K566", 10), ("K573", 14), ("K859", 10),
         ("K922", 10)),
        "06C12", 2800, 3.4, .45, again=.06, acts=(("HMFC004", .25), ("HHFA011", .15))),
    "endoscopy": Cause(
        (("Z121", 30), ("K635", 30), ("D126", 25), ("K210", 15)), "06K04", 750, 0, again=.01,
        acts=(("HHQE005", .9),)),
    "cataract": Cause(
        (("H250", 40), ("H259", 60)), "02C05", 1150, 0, again=.005, acts=(("BFGA004", 1),)),
    "orthopaedics": Cause(
        (("M170", 20), ("M160", 18), ("M751", 14), ("S5250", 16), ("S8260", 14), ("M233", 18)),
        "08C24", 3600, 3, .28, again=.035, acts=(("NEKA020", .18), ("NFKA007", .2)),
        rehabilitation=.08),
    "skin-ear": Cause(
        (("L031", 25), ("L720", 20), ("J342", 20), ("H810", 15), ("D225", 20)), "09M03", 1400, 1.5,
        .25, again=.03),
    "women": Cause(
        (("N920", 30), ("D259", 30), ("O039", 25), ("N810", 15)), "13C08", 1700, 1, .12,
        need=Need.OBSTETRICS, again=.02),
    "urology": Cause(
        (("N40", 40), ("N201", 35), ("N320", 25)), "12C04", 2200, 2, .2, again=.06),
    "mood": Cause(
        (("F322", 40), ("F332", 30), ("F419", 30)), "19M06", 2100, 5, .6, again=.08),
    "delivery": Cause(
        (("O800", 72), ("O820", 20), ("O810", 8)), "14Z14", 2400, 3, need=Need.OBSTETRICS,
        related=(("", 1),), beside=(("Z370", 1.0), ("O244", .11), ("O990", .1)),
        acts=(("JQGD010", .75), ("JQGA002", .2)), again=.015),
    "newborn": Cause(
        (("Z380", 1),), "15M05", 1100, 3, need=Need.OBSTETRICS, again=.02),
    "palliative": Cause(
        (("Z515", 1),), "23Z02", 5600, 11, .3, related=(("C349", 40), ("C189", 25), ("C509", 15),
        ("G309", 20)), again=.1),
    "rehabilitation": Cause(
        (("Z501", 60), ("Z508", 40)), "", 6500, 28, need=Need.REHABILITATION, again=.03),
}
# fmt: on

NAMES = tuple(CAUSES)
NUMBER = {name: number for number, name in enumerate(NAMES)}

AVOIDABLE = ("heart-failure", "heart-failure-related", "copd", "asthma", "angina", "dehydration",
             "diabetes-acute")  # fmt: skip
"""What grows in the hotspot of avoidable stays."""

HEART_FAILURE = ("heart-failure", "heart-failure-related")

SEVERITY: Shares = (("1", 46), ("2", 29), ("3", 17), ("4", 8))
SEVERITY_TARIFF = {"1": 0.75, "2": 1.15, "3": 1.6, "4": 2.3, "T": 0.35, "J": 0.5, "Z": 1.0}

ASSOCIATED: tuple[tuple[str, str, float], ...] = (
    ("diabetes", "E1198", 0.34),
    ("diabetes", "E1190", 0.30),
    ("hypertension", "I10", 0.55),
    ("obesity", "E6690", 0.30),
    ("lipids", "E780", 0.20),
    ("coronary", "I251", 0.45),
    ("heart-failure", "I500", 0.40),
    ("heart-failure", "I509", 0.12),
    ("copd", "J449", 0.45),
    ("kidney", "N183", 0.40),
    ("stroke", "I694", 0.35),
    ("dementia", "F03", 0.25),
    ("dementia", "G309", 0.25),
    ("breast-cancer", "Z853", 0.30),
    ("alcohol", "F102", 0.35),
    ("depression", "F329", 0.20),
    ("frail", "R54", 0.10),
    ("frail", "Z741", 0.15),
)
"""Chronic conditions that coders write as associated diagnoses, with how often they do: far from
always, so that hospital data alone miss people."""

GENERIC: Shares = (
    ("E876", 7), ("E871", 6), ("D649", 9), ("D62", 4), ("R53", 5), ("Z515", 2), ("E43", 3),
    ("E440", 5), ("R410", 3), ("Z602", 5), ("Z880", 6), ("Z921", 7), ("I489", 6),
    ("N179", 4), ("N390", 5), ("K590", 6), ("L8900", 2), ("B962", 3), ("R296", 3),
    ("Z966", 4), ("Z950", 3), ("Z8670", 3), ("J189", 2), ("Y95", 1), ("R11", 3), ("M8190", 3),
)  # fmt: skip
"""What coders write besides, whoever the person is."""

GENERIC_MEAN = 1.15
"""Such codes by stay of at least one night."""
