"""Finds the ERP connectors that are installed."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from entrepot.erp.errors import UnknownErpError
from entrepot.erp.spec import ErpSpec


@cache
def erps() -> Mapping[str, ErpSpec[Any]]:
    """Return the spec of every installed ERP connector by its key, from the entry point group ``entrepot.erps``."""
    return {point.name: point.load() for point in entry_points(group="entrepot.erps")}


def erp_spec(erp: str) -> ErpSpec[Any]:
    """Return one spec.

    Raises:
        UnknownErpError: it is not installed.
    """
    try:
        return erps()[erp]
    except KeyError:
        raise UnknownErpError(erp=erp) from None
