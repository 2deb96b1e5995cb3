"""What a connector may tell about its account beside its capabilities."""

from datetime import datetime
from typing import Protocol, runtime_checkable

from entrepot.channels.contract import Connector


@runtime_checkable
class KnowsEnd(Connector, Protocol):
    """The credentials end some day, and the channel says when: people are warned before."""

    async def credentials_end(self) -> datetime | None:
        """Return when the credentials stop working; None: the channel does not say."""
        ...
