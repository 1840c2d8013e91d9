"""The rules of the house that no linter sees: this file reads the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, OneToOneField
from django.urls import URLPattern, URLResolver, get_resolver

from maillage.accounts.permissions import REGISTRY

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "src" / "maillage"
ROOMS = (
    "portal", "referrals", "patients", "population", "coverage", "oncall", "workforce",
    "pathways", "agreements", "directory", "territory", "exchange", "jobs", "accounts",
)  # fmt: skip
MEANINGLESS = {"utils", "helpers", "common", "base", "manager", "services"}
LONGEST_FILE = 600
LONGEST_FUNCTION = 60


def python_files() -> Iterator[Path]:
    for folder in (SOURCE, REPOSITORY / "tests", REPOSITORY / "benchmarks"):
        for path in sorted(folder.rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def tracked_texts() -> Iterator[tuple[Path, str]]:
    """Every text of the repository, without what tools leave behind in hidden folders."""
    for path in sorted(REPOSITORY.rglob("*")):
        folders = path.relative_to(REPOSITORY).parts[:-1]
        left_behind = any(f.startswith(".") and f != ".ci" for f in folders)
        if left_behind or {"var", "__pycache__"} & set(folders) or not path.is_file():
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_files_and_functions_stay_short() -> None:
    too_long = []
    for path in python_files():
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > LONGEST_FILE:
            too_long.append(f"{name_of(path)}: {lines} lines")
        for function in functions(ast.parse(text)):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > LONGEST_FUNCTION:
                too_long.append(
                    f"{name_of(path)}:{function.lineno} {function.name}: {length} lines"
                )
    assert not too_long


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [name_of(p) for p in python_files() if p.stem in MEANINGLESS]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_holds(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((SOURCE / room / "__init__.py").read_text()))
    assert docstring
    assert "Lower rooms used" in docstring


def test_foreign_keys_between_rooms_have_no_way_back() -> None:
    climbing = []
    for model in apps.get_models():
        if not model.__module__.startswith("maillage."):
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, (ForeignKey, OneToOneField, ManyToManyField)):
                continue
            target = field.related_model
            elsewhere = target._meta.app_label != model._meta.app_label  # type: ignore[union-attr]
            if elsewhere and not field.remote_field.hidden:
                climbing.append(f"{model.__name__}.{field.name}")
    assert not climbing


def test_no_signal_between_rooms() -> None:
    users = [
        name_of(path)
        for path in python_files()
        if "src" in path.parts
        and re.search(r"django\.(db\.models|core)\.signals|@receiver", path.read_text())
    ]
    assert not users


def test_views_never_touch_tables() -> None:
    wrong = []
    for path in SOURCE.rglob("*.py"):
        is_view = path.stem in ("views", "api") or path.parent.name in ("views", "api")
        if is_view and re.search(r"\.objects\b|\.save\(|\.delete\(", path.read_text()):
            wrong.append(name_of(path))
    assert not wrong


def test_rules_ask_no_clock_and_no_table() -> None:
    wrong = []
    for path in SOURCE.rglob("*.py"):
        is_rule = (
            path.stem == "rules"
            or path.parent.name == "rules"
            or (
                # A command line is an entry point: it reads the clock for the engine.
                "engines" in path.parts and path.stem != "__main__"
            )
        )
        if is_rule and re.search(
            r"\.objects\.|timezone\.now\(|datetime\.now\(|date\.today\(|localdate\(|os\.environ",
            path.read_text(),
        ):
            wrong.append(name_of(path))
    assert not wrong


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def test_every_page_names_its_permission_or_is_public() -> None:
    """Deny by default: a view without a permission must be marked as needing no log-in."""
    bare = []
    for address, pattern in patterns(get_resolver()):
        view = pattern.callback
        if address.startswith("api/") or not view.__module__.startswith("maillage."):
            continue
        if not hasattr(view, "permission") and getattr(view, "login_required", True):
            bare.append(address)
    assert not bare


def test_every_permission_is_held_by_a_role() -> None:
    assert REGISTRY
    assert not [p.name for p in REGISTRY.values() if not p.roles]
    assert all(name.split(".")[0] in ROOMS for name in REGISTRY)


def test_pages_obey_the_content_policy() -> None:
    """No inline style, script or handler, and nothing from another host."""
    wrong = []
    for path in SOURCE.rglob("*.html"):
        text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
        if re.search(r"\sstyle\s*=", text) or re.search(r"<[^>]*\son\w+\s*=", text):
            wrong.append(f"{name_of(path)}: inline style or handler")
        if re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text) or "<style" in text:
            wrong.append(f"{name_of(path)}: inline script or style")
        if re.search(r"(src|href)=[\"']?(https?:)?//", text):
            wrong.append(f"{name_of(path)}: another host")
    assert not wrong


def test_every_decision_is_in_the_index() -> None:
    folder = REPOSITORY / "docs" / "adr"
    index = (folder / "README.md").read_text()
    records = sorted(p.name for p in folder.glob("[0-9]*.md"))
    assert records
    assert not [name for name in records if name not in index]


def test_locked_requirements_name_no_host_and_hash_everything() -> None:
    for path in (REPOSITORY / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text, path
        assert "--index" not in text, path
        packages = re.findall(r"^[a-z0-9][^\s=]*==[^\s]+", text, flags=re.M)
        assert packages, path
        assert text.count("--hash=sha256:") >= len(packages), path


def test_no_package_registry_or_machine_path_is_named() -> None:
    # Spelled in pieces, so that this file does not name them either.
    forbidden = ("py" + "pi.org", "python" + "hosted", "npm" + "js.", "/ro" + "ot/", "/wo" + "rk/")
    wrong = [
        f"{name_of(path)}: {word}"
        for path, text in tracked_texts()
        for word in forbidden
        if word in text
    ]
    assert not wrong
