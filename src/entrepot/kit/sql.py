"""SQL written by hand."""

import re
from functools import lru_cache

import sqlalchemy
from sqlalchemy import TextClause

MOST_KEPT = 4096
"""Statements are written in the source, so there are some hundreds; those with a part that varies come and go."""

_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])")
_ESCAPED = re.compile(r"\\(:\w*)(?![:\w])")
"""As SQLAlchemy reads them."""


@lru_cache(maxsize=MOST_KEPT)
def text(statement: str) -> TextClause:
    """Return *statement* with its ``:parameters`` found; finding them took a tenth of a short request's time."""
    return sqlalchemy.text(statement)  # noqa: TID251 -- the one place


@lru_cache(maxsize=MOST_KEPT)
def numbered(statement: TextClause) -> tuple[str, tuple[str, ...]] | None:
    """Return a statement as PostgreSQL reads it, and the names of its ``$1``, ``$2``, ...; None for one with types."""
    if statement is not text(statement.text):  # a copy that was given types, or lists that are to be written out
        return None
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}"

    return _ESCAPED.sub(r"\1", _PARAMETER.sub(number, statement.text)), tuple(names)
