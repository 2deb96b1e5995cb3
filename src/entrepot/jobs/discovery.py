"""Finds the jobs and reactions of every slice: its ``jobs`` module."""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Awaitable, Callable
from functools import cache

from sqlalchemy.ext.asyncio import AsyncSession

import entrepot

OWN = "jobs"

type Plan = Callable[[AsyncSession], Awaitable[None]]


@cache
def discover() -> tuple[str, ...]:
    """Import ``entrepot.<slice>.jobs`` of every slice that has one, and our own housekeeping; return their names."""
    found = [f"entrepot.{OWN}.housekeeping"]
    for package in pkgutil.iter_modules(entrepot.__path__):
        name = f"entrepot.{package.name}.jobs"
        if package.ispkg and package.name != OWN and importlib.util.find_spec(name) is not None:
            found.append(name)
    for name in found:
        importlib.import_module(name)
    return tuple(found)


def plans() -> list[Plan]:
    """Return every ``set_up`` of those modules: it makes the schedules that each instance has."""
    return [getattr(sys.modules[name], "set_up") for name in discover() if hasattr(sys.modules[name], "set_up")]  # noqa: B009 -- it is not known before
