"""How the JSON interface reads and describes itself (OpenAPI 3.1): problems on every operation,
closed lists in French, bodies that no database could keep refused before anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from django.db.models import TextChoices
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from maillage.patients import enums as patients
from maillage.referrals import enums as referrals

PROBLEM = {
    "title": "Problème",
    "type": "object",
    "description": "Refus, en JSON (RFC 9457). « type » est stable, pour les programmes ; "
    "« title » est une phrase pour les personnes. Aucun trait d'un patient n'y figure.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:maillage:referrals.stale"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Ce qui limite la clé, quand c'est la cause."},
        "details": {
            "type": "object",
            "description": "Valeurs d'un refus (409) : « by » qui a agi, « at » quand, « act » "
            "l'acte fait, « version » la version à relire.",
            "additionalProperties": True,
        },
        "problems": {
            "type": "array",
            "description": "Chaque défaut d'une demande mal formée, avec son champ.",
            "items": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {"type": "string"},
                    "field": {"type": "string"},
                    "file": {"type": "string"},
                    "row": {"type": "integer"},
                    "column": {"type": "string"},
                },
            },
        },
    },
}
REFUSALS = {
    "400": "Le corps de la demande n'est pas lisible.",
    "401": "Ni session, ni clé valable.",
    "403": "Le rôle, la clé ou la base légale ne le permet pas.",
    "404": "Ce qui est nommé n'existe pas.",
    "409": "Une règle s'y oppose, ou quelqu'un a agi entre-temps : « details » dit qui et quand.",
    "422": "La demande n'a pas la forme attendue : « problems » nomme chaque champ.",
}


class Interface(NinjaAPI):
    """The interface, described with what every operation may answer besides its own shapes."""

    def get_openapi_schema(self, **place: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(**place)
        schemas = described["components"]["schemas"]
        schemas["Problem"] = PROBLEM
        _say_lists(schemas)
        _say_lists(described["paths"])
        for operations in described["paths"].values():
            for operation in operations.values():
                _say_refusals(operation)
        return described


def _say_refusals(operation: dict[str, Any]) -> None:
    """What each operation may answer besides its own shapes."""
    for parameter in operation.get("parameters", ()):
        parameter.pop("examples", None)  # a map in OpenAPI; the schema holds the list
    responses = operation["responses"]
    operation["responses"] = {str(status): said for status, said in responses.items()}
    for status, words in REFUSALS.items():
        operation["responses"][status] = {
            "description": words,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }


def _lists_of(module: ModuleType) -> Iterator[type[TextChoices]]:
    for one in vars(module).values():
        if isinstance(one, type) and issubclass(one, TextChoices) and one is not TextChoices:
            yield one


LISTS = {one.__name__: one for module in (patients, referrals) for one in _lists_of(module)}


def _say_lists(part: Any) -> None:
    """Codes with the words that people read beside them, wherever a closed list stands."""
    if isinstance(part, dict):
        known = LISTS.get(str(part.get("title", ""))) if "enum" in part else None
        if known is not None:
            said = " ; ".join(f"`{value}` {label}" for value, label in known.choices)
            part["description"] = f"{said}."
        for one in part.values():
            _say_lists(one)
    elif isinstance(part, list):
        for one in part:
            _say_lists(one)


class SafeParser(Parser):
    """Bodies in JSON. What no text of a database can hold (NUL, half of a sign) is refused as
    unreadable, as are numbers that JSON does not have."""

    def parse_body(self, request: HttpRequest) -> Any:
        body = json.loads(request.body, parse_constant=_no_number)
        _check_texts(body)
        return body


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("NUL in a text")
        value.encode()  # raises for half of a sign, which is no text
    elif isinstance(value, dict):
        for name, one in value.items():
            _check_texts(name)
            _check_texts(one)
    elif isinstance(value, list):
        for one in value:
            _check_texts(one)
