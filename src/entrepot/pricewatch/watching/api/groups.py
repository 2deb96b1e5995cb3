"""REST API v1 of groups of watched products."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.service import WatchService


class GroupList(msgspec.Struct):
    """Every group, by name; at most 500."""

    items: list[views.GroupRow]
    next: str | None = None


class RenameGroup(msgspec.Struct, forbid_unknown_fields=True):
    """Another name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class GroupApi(Controller):
    """Groups.  One is made by naming it with a watched product."""

    path = "/api/v1/watch-groups"
    tags = ("price watch",)

    @get(operation_id="listWatchGroups", summary="List groups", opt=needs(Right.PRICEWATCH_READ))
    async def show_list(self, session: AsyncSession) -> GroupList:
        """List groups of watched products."""
        return GroupList(await views.group_rows(session))

    @patch(
        "/{group_id:uuid}",
        operation_id="renameWatchGroup",
        summary="Rename a group",
        opt=needs(Right.PRICEWATCH_MANAGE),
        status_code=204,
    )
    async def rename(self, session: AsyncSession, group_id: FromPath[UUID], data: JSONBody[RenameGroup]) -> None:
        """Give a group another name."""
        await WatchService(session).rename_group(group_id, data.name.replace("\0", ""))

    @delete(
        "/{group_id:uuid}",
        operation_id="removeWatchGroup",
        summary="Remove a group",
        opt=needs(Right.PRICEWATCH_MANAGE),
    )
    async def remove(self, session: AsyncSession, group_id: FromPath[UUID]) -> None:
        """Remove a group; its products stay."""
        await WatchService(session).remove_group(group_id)
