"""The tests.  Each takes a ``candidate``; those of one capability also take a ``capability``."""

from typing import Any

import httpx
import pytest

from entrepot.channels.conformance.candidate import Candidate
from entrepot.channels.conformance.exercises import exercise, fetch_all
from entrepot.channels.conformance.faults import test_tells_faults_apart
from entrepot.channels.conformance.replay import Replay
from entrepot.channels.contract import Capability, ImportsOrders, ReportsProcesses
from entrepot.channels.errors import UnreadableDocumentError
from entrepot.channels.line import DocumentKey
from entrepot.channels.proof import provided, provided_by
from entrepot.channels.protocols import PROTOCOLS
from entrepot.channels.registry import connectors
from entrepot.kit.credentials import is_secret, plain_values, redactor_for

__all__ = [
    "anyio_backend",
    "pytest_generate_tests",
    "pytestmark",
    "test_checks_its_credentials",
    "test_declares_exactly_what_it_implements",
    "test_explains_its_credentials_and_hides_its_secrets",
    "test_fetches_nothing_it_knows",
    "test_is_named_after_its_package",
    "test_refuses_what_is_no_order",
    "test_replays",
    "test_reports_processes_without_asking_for_none",
    "test_tells_faults_apart",
]

pytestmark = pytest.mark.anyio

NOT_ORDERS = {
    "nothing": b"",
    "half an object": b"{",
    "a list": b"[]",
    "null": b"null",
    "no text": b"\xff",
    "something else": b'{"orderId": 7}',
    "a bomb": b"[" * 100_000,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test the candidates of its module, and their capabilities: a declared one cannot opt out."""
    candidates: list[Candidate] = getattr(metafunc.module, "CANDIDATES", [])
    if "capability" in metafunc.fixturenames:
        pairs = [
            (candidate, capability) for candidate in candidates for capability in sorted(candidate.spec.capabilities)
        ]
        metafunc.parametrize(
            ("candidate", "capability"),
            pairs,
            ids=[f"{candidate.spec.key}-{capability}" for candidate, capability in pairs],
        )
    elif "candidate" in metafunc.fixturenames:
        if "raw" in metafunc.fixturenames:
            metafunc.parametrize("raw", NOT_ORDERS.values(), ids=list(NOT_ORDERS))
        metafunc.parametrize("candidate", candidates, ids=[candidate.spec.key for candidate in candidates])


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run on asyncio, as the product does."""
    return "asyncio"


def _silent() -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(500))


def test_declares_exactly_what_it_implements(candidate: Candidate) -> None:
    spec = candidate.spec

    assert provided(candidate.connect(_silent()), PROTOCOLS) == spec.capabilities
    assert provided_by(spec.connect, PROTOCOLS) == spec.capabilities, "the passport could not prove it"


def test_is_named_after_its_package(candidate: Candidate) -> None:
    package = candidate.spec.credentials.__module__.split(".")

    assert any(part.removeprefix("entrepot_") == candidate.spec.key for part in package)
    assert connectors().get(candidate.spec.key) is candidate.spec, "the entry point does not lead to it"
    assert candidate.manual.is_file(), f"it has no page in the manual: {candidate.manual}"


def test_explains_its_credentials_and_hides_its_secrets(candidate: Candidate) -> None:
    fields = candidate.spec.credentials.model_fields
    credentials = candidate.spec.credentials.model_validate(candidate.recording("check").credentials)

    assert all(field.title and field.description for field in fields.values())
    assert any(is_secret(field) for field in fields.values())
    secrets = [plain_values(credentials)[name] for name, field in fields.items() if is_secret(field)]
    assert not any(secret in repr(credentials) for secret in secrets)
    assert not any(secret in redactor_for(credentials).text(f"x{secret}y") for secret in secrets)


async def test_checks_its_credentials(candidate: Candidate) -> None:
    replay = Replay(candidate.recording("check"))

    assert await candidate.connect(replay).check()
    replay.assert_all_used()


async def test_replays(candidate: Candidate, capability: Capability) -> None:
    recording = candidate.recording(capability)
    replay = Replay(recording)

    await exercise(candidate.connect(replay), capability, recording.given)

    replay.assert_all_used()


async def test_fetches_nothing_it_knows(candidate: Candidate) -> None:
    if Capability.IMPORT_ORDERS not in candidate.spec.capabilities:
        pytest.skip("imports no orders")
    first = candidate.connect(Replay(candidate.recording("import_orders")))
    assert isinstance(first, ImportsOrders)
    seen = {DocumentKey(document.document_id, document.fingerprint) for document in await fetch_all(first)}

    async def known(keys: Any) -> set[DocumentKey]:  # noqa: ANN401 -- a sequence of keys
        return {key for key in keys if key in seen}

    second = candidate.connect(Replay(candidate.recording("import_orders")), known=known)
    assert isinstance(second, ImportsOrders)
    assert await fetch_all(second) == []


async def test_refuses_what_is_no_order(candidate: Candidate, raw: bytes) -> None:
    if Capability.IMPORT_ORDERS not in candidate.spec.capabilities:
        pytest.skip("imports no orders")
    connector = candidate.connect(_silent())
    assert isinstance(connector, ImportsOrders)

    with pytest.raises(UnreadableDocumentError):
        connector.read_order(raw)


async def test_reports_processes_without_asking_for_none(candidate: Candidate) -> None:
    connector = candidate.connect(_silent())
    if not isinstance(connector, ReportsProcesses):
        pytest.skip("carries out everything at once")

    assert await connector.process_states([]) == []
