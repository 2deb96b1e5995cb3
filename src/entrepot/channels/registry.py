"""Finds the connectors that are installed."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from entrepot.channels.errors import UnknownChannelError
from entrepot.channels.spec import ConnectorSpec


@cache
def connectors() -> Mapping[str, ConnectorSpec[Any]]:
    """Return the spec of every installed connector by its key.

    Built-in connectors and those from other distributions are found in the same way: through the entry point
    group ``entrepot.connectors``.
    """
    return {point.name: point.load() for point in entry_points(group="entrepot.connectors")}


def connector_spec(channel: str) -> ConnectorSpec[Any]:
    """Return one spec.

    Raises:
        UnknownChannelError: it is not installed.
    """
    try:
        return connectors()[channel]
    except KeyError:
        raise UnknownChannelError(channel=channel) from None
