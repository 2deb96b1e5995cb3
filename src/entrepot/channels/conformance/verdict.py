"""Writes down how the conformance suite went, into the package of each connector: what its passport shows.

A pytest plugin: ``pytest -p entrepot.channels.conformance.verdict --write-verdict tests/test_conformance.py``.
"""

import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from entrepot.channels.conformance.candidate import Candidate
from entrepot.kit.clock import now

FILE = "conformance.json"


class Verdict(msgspec.Struct, kw_only=True):
    """How the suite went for one connector."""

    connector: str
    entrepot: str
    """The release whose suite it was."""
    day: str
    passed: int = 0
    skipped: int = 0
    failed: list[str] = []


_VERDICTS: dict[str, Verdict] = {}
_CANDIDATES: dict[str, Candidate] = {}
_SEEN: defaultdict[str, set[str]] = defaultdict(set)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that makes this plugin write."""
    parser.addoption("--write-verdict", action="store_true", help="write conformance.json into connector packages")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Count a result under its connector."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's
    candidate = getattr(item, "callspec", None) and item.callspec.params.get("candidate")  # type: ignore[attr-defined]  # a parametrized function
    if not isinstance(candidate, Candidate) or (report.when != "call" and report.passed):
        return
    key = candidate.spec.key
    _CANDIDATES[key] = candidate
    today = now().date().isoformat()
    verdict = _VERDICTS.setdefault(key, Verdict(connector=key, entrepot=version("entrepot"), day=today))
    name = item.name.removeprefix("test_")
    if name in _SEEN[key]:
        return
    _SEEN[key].add(name)
    if report.passed:
        verdict.passed += 1
    elif report.skipped:
        verdict.skipped += 1
    else:
        verdict.failed.append(name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was counted."""
    if not session.config.getoption("--write-verdict"):
        return
    for key, verdict in _VERDICTS.items():
        verdict.failed.sort()
        module = sys.modules[_CANDIDATES[key].spec.credentials.__module__]
        written = Path(str(module.__file__)).parent / FILE
        written.write_bytes(msgspec.json.format(msgspec.json.encode(verdict), indent=1) + b"\n")
