"""The example document of the specification, completed with the hospital that it refers to."""

from __future__ import annotations

import copy
import re
from typing import Any

REMOVED = object()

DOCUMENT: dict[str, Any] = {
    "timezone": "Europe/Paris",
    "public_holidays": ["2026-01-01", "2026-04-06"],
    "communes": [
        {
            "code": "59606",
            "name": "Valenciennes",
            "lat": 50.36,
            "lon": 3.52,
            "residents": [{"age_min": 0, "age_max": 15, "sex": "F", "count": 4200}],
        }
    ],
    "organizations": [
        {"id": "590782215", "name": "CH de Valenciennes"},
        {"id": "590780193", "name": "CHU de Lille"},
        {"id": "590781803", "name": "CH de Sambre-Avesnois"},
    ],
    "memberships": [
        {
            "organization": "590782215",
            "group": "GHT-HC",
            "starts_on": "2016-07-01",
            "ends_on": None,
        }
    ],
    "sites": [
        {
            "id": "590000618",
            "organization": "590782215",
            "name": "Valenciennes",
            "lat": 50.3615,
            "lon": 3.4958,
        },
        {
            "id": "590796975",
            "organization": "590780193",
            "name": "Lille",
            "lat": 50.6115,
            "lon": 3.0376,
        },
        {
            "id": "590000535",
            "organization": "590781803",
            "name": "Maubeuge",
            "lat": 50.2786,
            "lon": 3.9595,
        },
    ],
    "services": [
        {
            "id": "stroke-valenciennes",
            "site": "590000618",
            "care_type": "STROKE_UNIT",
            "level": "RECOURSE",
            "age_min": 15,
            "age_max": None,
            "authorisations": [{"starts_on": "2010-01-01", "ends_on": None}],
            "opening": [
                {"weekdays": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:30", "holidays": "closed"}
            ],
            "exceptions": [
                {
                    "starts_at": "2026-08-01T00:00+02:00",
                    "ends_at": "2026-08-15T00:00+02:00",
                    "state": "closed",
                }
            ],
        },
        {
            "id": "stroke-maubeuge",
            "site": "590000535",
            "care_type": "STROKE_UNIT",
            "level": "RECOURSE",
            "age_min": 15,
            "age_max": None,
            "authorisations": [{"starts_on": "2010-01-01", "ends_on": None}],
            "opening": [],
            "exceptions": [],
        },
    ],
    "duty_slots": [
        {
            "id": "d1",
            "line": "neuro-av",
            "service": "stroke-valenciennes",
            "starts_at": "2026-11-21T18:30+01:00",
            "ends_at": "2026-11-22T08:00+01:00",
            "holder": "prat-017",
            "response_minutes": 20,
        },
        {
            "id": "d2",
            "line": "neuro-sa",
            "service": "stroke-maubeuge",
            "starts_at": "2026-11-21T18:30+01:00",
            "ends_at": "2026-11-22T07:00+01:00",
            "holder": None,
            "response_minutes": 0,
        },
        {
            "id": "d3",
            "line": "neuro-sa",
            "service": "stroke-maubeuge",
            "starts_at": "2026-11-22T07:00+01:00",
            "ends_at": "2026-11-22T19:00+01:00",
            "holder": "prat-018",
            "response_minutes": 0,
        },
    ],
    "clauses": [
        {
            "id": "c1",
            "agreement": "conv-2017",
            "from": "590782215",
            "to": "590780193",
            "care_types": ["THROMBECTOMY"],
            "priority": 1,
            "starts_on": "2017-07-03",
            "ends_on": None,
        }
    ],
    "pathways": [
        {
            "id": "stroke",
            "name": "AVC",
            "age_min": 15,
            "age_max": None,
            "steps": [
                {
                    "order": 1,
                    "care_type": "EMERGENCY",
                    "level": "PROXIMITY",
                    "entry": "direct",
                    "target_minutes": 30,
                    "hours": None,
                },
                {
                    "order": 2,
                    "care_type": "STROKE_UNIT",
                    "level": "RECOURSE",
                    "entry": "both",
                    "target_minutes": 60,
                    "hours": None,
                },
            ],
        }
    ],
    "travel": {
        "source": "matrix",
        "margin_minutes": 4,
        "commune_site": [["59606", "590000618", 6.5], ["59606", "590000535", 35.0]],
        "site_site": [["590000618", "590796975", 45.0]],
    },
}


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The document with the values at some JSON paths replaced, added, or :data:`REMOVED`."""
    document = copy.deepcopy(DOCUMENT)
    for path, value in changes:
        *parents, last = re.findall(r"\.(\w+)|\[(\d+)\]", path)
        target: Any = document
        for name, index in parents:
            target = target[name or int(index)]
        key = last[0] or int(last[1])
        if value is REMOVED:
            del target[key]
        elif isinstance(target, list) and key == len(target):
            target.append(value)
        else:
            target[key] = value
    return document
