"""What the jobs of competing offers are told."""

from uuid import UUID

import msgspec


class ReadCompeting(msgspec.Struct, frozen=True):
    """Read what others ask for some GTINs."""

    seller_id: UUID
    account_id: UUID
    gtins: tuple[str, ...]
    country: str = ""


class CareForCompeting(msgspec.Struct, frozen=True):
    """Make room for months to come, and drop months that nobody looks back to."""
