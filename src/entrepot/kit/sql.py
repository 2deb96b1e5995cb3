"""SQL written by hand."""

from functools import lru_cache

import sqlalchemy
from sqlalchemy import TextClause

MOST_KEPT = 4096
"""Statements are written in the source, so there are some hundreds; those with a part that varies come and go."""


@lru_cache(maxsize=MOST_KEPT)
def text(statement: str) -> TextClause:
    """Return *statement* with its ``:parameters`` found; finding them took a tenth of a short request's time."""
    return sqlalchemy.text(statement)  # noqa: TID251 -- the one place
