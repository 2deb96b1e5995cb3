"""A connector under test, and what its declaration and its code say it can do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from entrepot.channels.conformance.replay import Recording
from entrepot.channels.contract import Capability, Connector
from entrepot.channels.line import Line
from entrepot.channels.protocols import PROTOCOLS
from entrepot.channels.spec import ConnectorSpec


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connector, and where the proof of it lies."""

    spec: ConnectorSpec[Any]
    recordings: Path
    """Folder with ``check.json`` and one recording per capability, named after it."""
    manual: Path
    """Its page in the manual."""

    def recording(self, what: str) -> Recording:
        """Return one of its recordings."""
        return Recording.load(self.recordings / f"{what}.json")

    def connect(self, transport: httpx.AsyncBaseTransport, **line: Any) -> Connector:  # noqa: ANN401 -- passed on
        """Connect over *transport* with the credentials of the recordings."""
        credentials = self.spec.credentials.model_validate(self.recording("check").credentials)
        return self.spec.connect(credentials, Line(http=httpx.AsyncClient(transport=transport), **line))


def declared(spec: ConnectorSpec[Any]) -> frozenset[Capability]:
    """Return what the connector says it can do."""
    return frozenset(spec.capabilities)


def implemented(connector: object) -> frozenset[Capability]:
    """Return what its code can do: the capabilities whose protocol it, or its class, fulfils."""
    return frozenset(capability for capability, protocol in PROTOCOLS.items() if isinstance(connector, protocol))
