"""Writing constraints."""

from collections.abc import Iterable


def one_of(column: str, values: Iterable[str]) -> str:
    """Return a condition: the column has one of these values."""
    return f"{column} IN ({', '.join(f"'{value}'" for value in values)})"
