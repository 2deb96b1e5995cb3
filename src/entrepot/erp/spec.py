"""What the product knows about the connector of an ERP without running it."""

from collections.abc import Callable
from dataclasses import dataclass

from entrepot.erp.contract import ErpCapability, ErpConnector, ErpCredentials
from entrepot.erp.line import ErpLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpSpec[C: ErpCredentials]:
    """Everything the product knows about an ERP's connector without running it."""

    key: str
    """Identifies the connector in the database and in URLs; equals its package name."""
    name: str
    website: str
    help_url: str
    """Where the seller reads what to enter."""
    capabilities: frozenset[ErpCapability]
    credentials: type[C]
    connect: Callable[[C, ErpLine], ErpConnector]
