"""What the product knows about a connector without running it."""

from collections.abc import Callable
from dataclasses import dataclass

from entrepot.channels.contract import Capability, Connector, Credentials
from entrepot.channels.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSpec[C: Credentials]:
    """Everything the product knows about a connector without running it."""

    key: str
    """Identifies the connector in the database and in URLs; equals its package name."""
    name: str
    website: str
    help_url: str
    """Where the seller finds or makes the credentials."""
    capabilities: frozenset[Capability]
    credentials: type[C]
    connect: Callable[[C, Line], Connector]
    prefix: str = ""
    """Put before the channel's order numbers to make ours, unless the account says otherwise."""
    limits: tuple[str, ...] = ()
    """What the channel allows, a sentence each, marked with ``N_``: how often, how much, how long."""
    quirks: tuple[str, ...] = ()
    """What surprises people about the channel, a sentence each, marked with ``N_``."""
