"""To whom something may be sent that not everyone may read."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.repository import role_rights
from entrepot.access.rights import Right
from entrepot.kit.sql import text


@dataclass(frozen=True, slots=True)
class Reached:
    """A user who may know, and how to tell them."""

    id: UUID
    name: str
    email: str
    locale: str


async def reach(session: AsyncSession, user_ids: Collection[UUID], seller_id: UUID) -> list[Reached]:
    """Return those of some users who are not disabled and work for a seller now, whatever they may do.

    The transaction must see all sellers.
    """
    return await may_know(session, user_ids, seller_id, None)


async def may_know(
    session: AsyncSession, user_ids: Collection[UUID], seller_id: UUID, right: Right | None
) -> list[Reached]:
    """Return those of some users who are not disabled and have a right (None: a role) for a seller now.

    The transaction must see all sellers.
    """
    rows = await session.execute(
        text(
            """
            SELECT u.id, u.name, u.email, u.locale, json_agg(json_build_array(r.key, r.rights))::text AS roles
            FROM user_account u JOIN membership m ON m.user_id = u.id JOIN role r ON r.id = m.role_id
            WHERE u.id = ANY(:ids) AND u.disabled_at IS NULL AND (m.seller_id IS NULL OR m.seller_id = :seller)
            GROUP BY u.id ORDER BY u.name, u.id
            """
        ),
        {"ids": list(user_ids), "seller": seller_id},
    )
    return [
        Reached(row.id, row.name, row.email, row.locale)
        for row in rows
        if right is None
        or any(
            right in role_rights(key, rights)
            for key, rights in msgspec.json.decode(row.roles, type=list[tuple[str | None, list[str]]])
        )
    ]
