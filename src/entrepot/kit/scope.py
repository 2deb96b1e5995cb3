"""Whose rows a transaction may see.

Row-level security compares every row's seller with the transaction's scope.  The scope travels as a run-time
setting of the database, which any SQL could overwrite; therefore it is sealed: the database believes it only with
a message authentication code whose key the application's database role cannot read.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

SETTING = "entrepot.scope"


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
        payload = "*" if self.everyone else ",".join(sorted(map(str, self.sellers)))
        return f"{payload}.{hmac.new(key.encode(), payload.encode(), hashlib.sha256).hexdigest()}"
