"""Lists that people keep."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_
from entrepot.orders.repository import SavedViewRepository

KEPT = frozenset(
    {"q", "status", "account_id", "held", "attention", "country", "placed_from", "placed_to", "late", "tag", "sort"}
)
"""Query parameters that a saved list keeps."""


async def save_view(
    session: AsyncSession, seller_id: UUID, user_id: str, name: str, parameters: Mapping[str, str]
) -> None:
    """Keep a list under *name*, replacing the user's older one of that name."""
    if not name.strip():
        raise InvalidInputError({"name": N_("Give the view a name.")})
    kept = {key: value for key, value in parameters.items() if key in KEPT and value}
    await SavedViewRepository(session).save_view(seller_id, user_id, name.strip()[:80], kept)


async def remove_view(session: AsyncSession, user_id: str, view_id: int) -> None:
    """Forget a list of the user's own."""
    await SavedViewRepository(session).remove_view(user_id, view_id)
