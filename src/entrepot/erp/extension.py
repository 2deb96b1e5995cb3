"""What slices beside and above tell ERP accounts.  They register when they are imported; this slice knows none of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A channel account that may be joined to an ERP account."""

    id: UUID
    seller_id: UUID
    name: str
    kind: str
    """The channel, for people."""
    url: str


type Partners = Callable[[AsyncSession], Awaitable[list[Partner]]]

PARTNERS: list[Partners] = []


def add_partners(partners: Partners) -> None:
    """Let these accounts be joined."""
    if partners not in PARTNERS:
        PARTNERS.append(partners)


async def all_partners(session: AsyncSession) -> list[Partner]:
    """Return every account in scope that may be joined, by name."""
    found = [partner for partners in PARTNERS for partner in await partners(session)]
    return sorted(found, key=lambda partner: (partner.name.casefold(), partner.id))
