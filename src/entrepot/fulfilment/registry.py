"""Finds the carrier connectors that are installed."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from entrepot.fulfilment.contract import CarrierSpec
from entrepot.fulfilment.errors import UnknownCarrierError


@cache
def carriers() -> Mapping[str, CarrierSpec[Any]]:
    """Return the spec of every installed carrier connector by its key.

    Built-in ones and those from other distributions are found in the same way: through the entry point group
    ``entrepot.carriers``.
    """
    return {point.name: point.load() for point in entry_points(group="entrepot.carriers")}


def carrier_spec(carrier: str) -> CarrierSpec[Any]:
    """Return one spec.

    Raises:
        UnknownCarrierError: it is not installed.
    """
    try:
        return carriers()[carrier]
    except KeyError:
        raise UnknownCarrierError(carrier=carrier[:60]) from None
