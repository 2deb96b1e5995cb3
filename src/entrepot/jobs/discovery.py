"""Finds the jobs and reactions of every slice: its ``jobs`` module."""

import importlib
import importlib.util
import pkgutil
from functools import cache

import entrepot

OWN = "jobs"


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
