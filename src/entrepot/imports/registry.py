"""Finds what each slice lets people import."""

import importlib
import importlib.util
import pkgutil
from functools import cache

import entrepot
from entrepot.imports.contract import ImportSpec
from entrepot.imports.errors import UnknownImportError


@cache
def import_specs() -> dict[str, ImportSpec]:
    """Return every kind of import."""
    found: dict[str, ImportSpec] = {}
    for package in pkgutil.iter_modules(entrepot.__path__, "entrepot."):
        name = f"{package.name}.imports"
        if package.ispkg and importlib.util.find_spec(name) is not None:
            specs: list[ImportSpec] = importlib.import_module(name).IMPORTS
            found.update({spec.kind: spec for spec in specs})
    return found


def import_spec(kind: str) -> ImportSpec:
    """Return one kind of import.

    Raises:
        UnknownImportError: no slice declares it.
    """
    if kind not in import_specs():
        raise UnknownImportError(what=kind)
    return import_specs()[kind]
