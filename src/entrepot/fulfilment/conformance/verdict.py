"""Writes down how the carriers' conformance suite went, into the package of each connector: what its passport shows.

A pytest plugin: ``pytest -p entrepot.fulfilment.conformance.verdict --write-carrier-verdict tests/test_carriers.py``.
"""

import sys
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from entrepot.channels.conformance.verdict import Verdict
from entrepot.fulfilment.conformance.candidate import CarrierCandidate
from entrepot.kit.clock import now

FILE = "carrier_conformance.json"

_VERDICTS: dict[str, tuple[CarrierCandidate, Verdict]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that makes this plugin write."""
    parser.addoption("--write-carrier-verdict", action="store_true", help=f"write {FILE} into connector packages")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Count a result under its connector."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's
    candidate = getattr(item, "callspec", None) and item.callspec.params.get("candidate")  # type: ignore[attr-defined]  # a parametrized function
    if not isinstance(candidate, CarrierCandidate) or (report.when != "call" and report.passed):
        return
    fresh = Verdict(connector=candidate.spec.key, entrepot=version("entrepot"), day=now().date().isoformat())
    _, verdict = _VERDICTS.setdefault(candidate.spec.key, (candidate, fresh))
    if report.passed:
        verdict.passed += 1
    elif report.skipped:
        verdict.skipped += 1
    else:
        verdict.failed.append(item.name.removeprefix("test_"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was counted."""
    if not session.config.getoption("--write-carrier-verdict"):
        return
    for candidate, verdict in _VERDICTS.values():
        verdict.failed.sort()
        module = sys.modules[candidate.spec.credentials.__module__]
        written = Path(str(module.__file__)).parent / FILE
        written.write_bytes(msgspec.json.format(msgspec.json.encode(verdict), indent=1) + b"\n")
