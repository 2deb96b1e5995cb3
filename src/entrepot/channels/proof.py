"""What a connector's code can do: asked of the code itself, by the conformance suite and by the passport."""

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, get_type_hints


def provided[C: StrEnum](made: object, protocols: Mapping[C, type]) -> frozenset[C]:
    """Return the capabilities whose protocol *made*, a connector or the class of one, fulfils."""
    if not isinstance(made, type):
        return frozenset(capability for capability, protocol in protocols.items() if isinstance(made, protocol))
    promised = {name for parent in made.__mro__ for name in inspect.get_annotations(parent)}
    members = {name for name in dir(made) if getattr(made, name, None) is not None} | promised
    return frozenset(capability for capability, protocol in protocols.items() if _asked(protocol) <= members)


def provided_by[C: StrEnum](connect: Callable[..., Any], protocols: Mapping[C, type]) -> frozenset[C] | None:
    """Return what the connector that *connect* makes can do; None if it does not say what it makes."""
    made = connect if isinstance(connect, type) else get_type_hints(connect).get("return")
    return provided(made, protocols) if isinstance(made, type) else None


def _asked(protocol: type) -> set[str]:
    """Return the members a protocol asks for: what ``isinstance`` looks at, too."""
    asked: set[str] = getattr(protocol, "__protocol_attrs__", set[str]())
    return asked
