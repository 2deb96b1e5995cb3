"""What the tests of a connector of an ERP bring for the conformance suite: ``tests.connectors.<key>.harness``."""

from abc import ABC, abstractmethod
from typing import Any

from entrepot.erp.contract import ErpConnector
from entrepot.erp.line import ErpLine


class ErpHarness(ABC):
    """A simulated ERP, and what can be done to it."""

    known_sku: str
    """An article with stock."""
    empty_sku: str
    """An article without any."""

    @abstractmethod
    def credentials(self) -> dict[str, Any]:
        """Return what a seller enters."""

    @abstractmethod
    def wrong_credentials(self) -> dict[str, Any]:
        """Return what the ERP refuses."""

    @abstractmethod
    def line(self) -> ErpLine:
        """Return a way to it."""

    @abstractmethod
    def connector(self) -> ErpConnector:
        """Return a connector with the right credentials."""

    @abstractmethod
    async def send(self) -> None:
        """Let the ERP take up what was handed over, and send it."""

    @abstractmethod
    async def set_away(self, *, away: bool) -> None:
        """Take the ERP away, or bring it back."""

    @abstractmethod
    async def lose_something(self) -> None:
        """Take away something that the connector needs."""
