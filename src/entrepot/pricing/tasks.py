"""What the jobs of this slice are told.  Apart from the jobs themselves, so that services can enqueue them."""

from uuid import UUID

import msgspec


class Reprice(msgspec.Struct, frozen=True):
    """Look at the prices of one account that are to be looked at."""

    seller_id: UUID
    account_id: UUID


class LookForDue(msgspec.Struct, frozen=True):
    """Find prices whose time has come."""


class ForgetDecisions(msgspec.Struct, frozen=True):
    """Remove old decisions."""


class TellOfFreeze(msgspec.Struct, frozen=True):
    """Tell those who may resume."""

    freeze_id: UUID
    seller_id: UUID | None
    cause: str
    facts: dict[str, str]
    where: str
