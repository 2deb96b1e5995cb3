"""A connector under test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from entrepot.channels.conformance.replay import Recording
from entrepot.channels.contract import Connector
from entrepot.channels.line import Line
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
