"""Rules that no general linter knows.  Each says what to do instead."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import entrepot
from entrepot.kit.errors import EntrepotError

SOURCE = Path(entrepot.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
PRIVATE = {"models", "repository", "domain"}
FRAMEWORK_MODULES = {"http", "api", "pages", "guards"}

for module in pkgutil.walk_packages(entrepot.__path__, "entrepot."):
    if module.name.endswith(".errors") or module.name.startswith("entrepot.kit"):
        importlib.import_module(module.name)


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}"


def imports(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Yield every module that *path* imports, with imported names appended."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def errors(kind: type[EntrepotError] = EntrepotError) -> Iterator[type[EntrepotError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from errors(subclass)


def test_modules_stay_small() -> None:
    long = {str(path.relative_to(SOURCE)): n for path in MODULES if (n := len(path.read_text().splitlines())) > 400}

    assert long == {}, "Split the module along its use cases."


def test_tables_queries_and_decisions_are_private_to_their_slice() -> None:
    wrong = [
        f"{place(path, node)} imports {name}"
        for path in MODULES
        for node, name in imports(path)
        if (parts := name.split("."))[0] == "entrepot"
        and len(parts) > 2
        and parts[2] in PRIVATE
        and parts[1] != path.relative_to(SOURCE).parts[0]
    ]

    assert wrong == [], "Call the slice's service or views."


def test_only_the_edge_knows_the_web_framework() -> None:
    wrong = [
        f"{place(path, node)} imports {name}"
        for path in MODULES
        for node, name in imports(path)
        if name.split(".")[0] == "litestar"
        and path.relative_to(SOURCE).parts[0] not in {"web", "sandbox"}
        and not FRAMEWORK_MODULES & {path.stem, *path.relative_to(SOURCE).parts[1:-1]}
    ]

    assert wrong == [], "Keep Litestar in http.py, api.py, pages.py, guards.py and web/."


def test_only_jobs_knows_the_job_engine() -> None:
    wrong = [
        place(path, node)
        for path in MODULES
        for node, name in imports(path)
        if name.split(".")[0] == "dbos" and path.relative_to(SOURCE).parts[0] != "jobs"
    ]

    assert wrong == [], "Enqueue through entrepot.jobs."


def test_transactions_are_committed_in_one_place() -> None:
    wrong = [
        place(path, node)
        for path in MODULES
        if path.relative_to(SOURCE).parts[0] != "sandbox" and path.name != "database.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "commit"
    ]

    assert wrong == [], "The request or the job step commits.  Use flush() if you need a generated value."


def test_there_is_no_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

    assert [path for path in MODULES if drawers & set(path.relative_to(SOURCE).with_suffix("").parts)] == []


def test_nobody_uses_naive_or_local_time() -> None:
    wrong = [
        place(path, node)
        for path in MODULES
        if path.name != "clock.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and getattr(node.func.value, "id", "") in {"datetime", "date"}
    ]

    assert wrong == [], "Use entrepot.kit.clock.now()."


def test_error_codes_are_unique_and_belong_to_their_slice() -> None:
    codes: dict[str, type[EntrepotError]] = {}
    for error in errors():
        if "code" not in vars(error):
            continue
        assert codes.setdefault(error.code, error) is error, f"{error.code} twice"
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", error.code), error.code


def test_every_error_says_what_to_do_in_a_sentence() -> None:
    for error in errors():
        if "message" in vars(error):
            assert error.message.rstrip().endswith((".", "!", "?", "…", "}")), error
            list(Formatter().parse(error.message))  # a broken template fails here


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later_in_the_code(word: str) -> None:
    assert [str(path) for path in MODULES if word in path.read_text()] == []
