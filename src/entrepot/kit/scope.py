"""Whose rows a transaction may see.

Row-level security compares every row's seller with the transaction's scope.  The scope travels as a run-time
setting of the database, which any SQL could overwrite; therefore it is sealed: the database believes it only with
a message authentication code whose key the application's database role cannot read.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

SETTING = "entrepot.scope"
MOST_KEPT = 256
"""Sealed scopes that a process remembers: those of whoever worked last."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of sellers."""

    sellers: frozenset[UUID]
    everyone: bool = False

    @classmethod
    def of(cls, *sellers: UUID) -> "Scope":
        return cls(frozenset(sellers))

    @classmethod
    def over(cls, sellers: Iterable[UUID]) -> "Scope":
        return cls(frozenset(sellers))

    @classmethod
    def nobody(cls) -> "Scope":
        return cls(frozenset())

    @classmethod
    def all_sellers(cls) -> "Scope":
        """Every seller, and the rows that belong to none: for the instance's own work, never for a request as such."""
        return cls(frozenset(), everyone=True)

    def sealed(self, key: str) -> str:
        """Return the setting's value: the sellers (or ``*``), a dot, and the code that proves it."""
        return _sealed(self, key)


@lru_cache(maxsize=MOST_KEPT)
def _sealed(scope: Scope, key: str) -> str:
    payload = "*" if scope.everyone else ",".join(sorted(map(str, scope.sellers)))
    return f"{payload}.{hmac.new(key.encode(), payload.encode(), hashlib.sha256).hexdigest()}"
