"""What the jobs of this slice are told.  Apart from the jobs themselves, so that services can enqueue them."""

from uuid import UUID

import msgspec


class ImportAccount(msgspec.Struct, frozen=True):
    """Fetch and import the orders of one channel account."""

    seller_id: UUID
    account_id: UUID


class ImportDocuments(msgspec.Struct, frozen=True):
    """Import what is stored of one account already: after a fix, or one document again."""

    seller_id: UUID
    account_id: UUID
    document_ids: tuple[UUID, ...] = ()
    """Empty: all that wait."""
