"""Rules that no general linter knows.  Each says what to do instead."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import entrepot
from entrepot.kit.errors import EntrepotError

SOURCE = Path(entrepot.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
PRIVATE = {"models", "repository", "domain"}
FRAMEWORK_MODULES = {"http", "api", "pages", "guards"}

pytestmark = pytest.mark.xdist_group("house rules")
"""Reading the whole source takes seconds: one process does it, once."""


@dataclass(frozen=True, slots=True)
class Said:
    """A name that a module imports or a method that it calls, and where."""

    path: Path
    line: int
    name: str
    of: str = ""
    """What the method is called on, if that has a name."""

    @property
    def top(self) -> str:
        """The slice or package of the module."""
        return self.path.relative_to(SOURCE).parts[0]

    def __str__(self) -> str:
        return f"{self.path.relative_to(SOURCE)}:{self.line} {self.name}"


@cache
def source() -> tuple[list[Said], list[Said]]:
    """Return everything that is imported, imported names appended to their module, and every call of a method."""
    imported: list[Said] = []
    called: list[Said] = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import():
                    imported += [Said(path, node.lineno, alias.name) for alias in node.names]
                case ast.ImportFrom(module=str(module)):
                    imported += [Said(path, node.lineno, f"{module}.{alias.name}") for alias in node.names]
                case ast.Call(func=ast.Attribute(attr=name, value=value)):
                    called.append(Said(path, node.lineno, name, getattr(value, "id", "")))
                case _:
                    pass
    return imported, called


@pytest.fixture(scope="module")
def imports() -> list[Said]:
    return source()[0]


@pytest.fixture(scope="module")
def calls() -> list[Said]:
    return source()[1]


@pytest.fixture(scope="module")
def every_error() -> list[type[EntrepotError]]:
    for module in pkgutil.walk_packages(entrepot.__path__, "entrepot."):
        if module.name.endswith(".errors") or module.name.startswith("entrepot.kit"):
            importlib.import_module(module.name)
    return list(errors())


def errors(kind: type[EntrepotError] = EntrepotError) -> Iterator[type[EntrepotError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from errors(subclass)


def test_modules_stay_small() -> None:
    long = {str(path.relative_to(SOURCE)): n for path in MODULES if (n := len(path.read_text().splitlines())) > 400}

    assert long == {}, "Split the module along its use cases."


def test_tables_queries_and_decisions_are_private_to_their_slice(imports: list[Said]) -> None:
    wrong = [
        str(said)
        for said in imports
        if (parts := said.name.split("."))[0] == "entrepot"
        and len(parts) > 2
        and parts[2] in PRIVATE
        and parts[1] != said.top
    ]

    assert wrong == [], "Call the slice's service or views."


def test_only_the_edge_knows_the_web_framework(imports: list[Said]) -> None:
    wrong = [
        str(said)
        for said in imports
        if said.name.split(".")[0] == "litestar"
        and said.top not in {"web", "sandbox"}
        and not FRAMEWORK_MODULES & {said.path.stem, *said.path.relative_to(SOURCE).parts[1:-1]}
    ]

    assert wrong == [], "Keep Litestar in http.py, api.py, pages.py, guards.py and web/."


def test_only_jobs_knows_the_job_engine(imports: list[Said]) -> None:
    wrong = [str(said) for said in imports if said.name.split(".")[0] == "dbos" and said.top != "jobs"]

    assert wrong == [], "Enqueue through entrepot.jobs."


def test_transactions_are_committed_in_one_place(calls: list[Said]) -> None:
    wrong = [
        str(said)
        for said in calls
        if said.name == "commit" and said.top != "sandbox" and said.path.name != "database.py"
    ]

    assert wrong == [], "The request or the job step commits.  Use flush() if you need a generated value."


def test_statements_are_heard_in_one_place() -> None:
    """A listener left behind sends every later statement of its process the long way."""
    tests = Path(__file__).parent
    hearing = [path for path in tests.rglob("*.py") if "event.listen(" in path.read_text() and path != Path(__file__)]

    assert hearing == [tests / "statements.py"], "Use tests.statements.sent."


def test_there_is_no_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

    assert [path for path in MODULES if drawers & set(path.relative_to(SOURCE).with_suffix("").parts)] == []


def test_nobody_uses_naive_or_local_time(calls: list[Said]) -> None:
    wrong = [
        str(said)
        for said in calls
        if said.name in {"now", "utcnow", "today"} and said.of in {"datetime", "date"} and said.path.name != "clock.py"
    ]

    assert wrong == [], "Use entrepot.kit.clock.now()."


def test_error_codes_are_unique_and_belong_to_their_slice(every_error: list[type[EntrepotError]]) -> None:
    codes: dict[str, type[EntrepotError]] = {}
    for error in every_error:
        if "code" not in vars(error):
            continue
        assert codes.setdefault(error.code, error) is error, f"{error.code} twice"
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", error.code), error.code


def test_every_error_says_what_to_do_in_a_sentence(every_error: list[type[EntrepotError]]) -> None:
    for error in every_error:
        if "message" in vars(error):
            assert error.message.rstrip().endswith((".", "!", "?", "…", "}")), error
            list(Formatter().parse(error.message))  # a broken template fails here


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later_in_the_code(word: str) -> None:
    assert [str(path) for path in MODULES if word in path.read_text()] == []
