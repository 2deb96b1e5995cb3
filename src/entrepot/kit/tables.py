"""Makes every table known: a column that takes its type from another slice's table has none until that is loaded."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import entrepot

DECLARING = (".models", ".outbox", ".call_log", ".rate_budget")
"""Endings of the modules that declare tables."""
ELSEWHERE = "entrepot.sandbox"
"""Keeps tables of its own, of a world outside."""


def register_tables() -> None:
    """Import every module that declares tables.  Each process does so once, before its first statement."""
    for name in declaring(entrepot.__path__, "entrepot."):
        importlib.import_module(name)


def declaring(folders: Iterable[str], prefix: str) -> Iterator[str]:
    """Yield the modules that declare tables, by name: importing all the others to look costs seconds."""
    for module in pkgutil.iter_modules(folders, prefix):
        if module.name == ELSEWHERE:
            continue
        if module.name.endswith(DECLARING):
            yield module.name
        if module.ispkg:
            yield from declaring(
                [str(Path(folder) / module.name.rpartition(".")[2]) for folder in folders], f"{module.name}."
            )
