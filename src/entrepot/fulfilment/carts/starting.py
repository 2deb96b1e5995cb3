"""Bulk start: a supervisor takes lists and orders for somebody by name."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import MOST_AT_ONCE, PickMode
from entrepot.fulfilment.events import PickListChangedHands
from entrepot.fulfilment.refs import PickListRef, Skipped
from entrepot.fulfilment.releasing import Releasing
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.taking import Taking
from entrepot.fulfilment.way.going import Way
from entrepot.kit import outbox


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A list that somebody works on already."""

    number: str
    name: str


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk start brought."""

    numbers: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    """Orders that were not released."""


class Starting:
    """Hands lists to people."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._ground = Taking(session)
        self._way = Way(session)

    async def start(self, list_ids: Collection[UUID], person_id: UUID, name: str) -> Started:
        """Put somebody's name on lists: they are theirs to pick, as if they had taken them.

        Lists on which somebody else works are left out and named.

        Raises:
            PickListNotFoundError, PickListClosedError: nothing was started.
        """
        started: list[str] = []
        left_out: list[LeftOut] = []
        events: list[PickListChangedHands] = []
        person = str(person_id)
        for list_id in sorted(set(list_ids)):
            found = await self._ground.open_list(list_id)
            if found.assigned_to not in {"", person} and found.started_at is not None and found.paused_at is None:
                left_out.append(LeftOut(number=found.number, name=found.assigned_name))
                continue
            await self._lists.update_list(list_id, assigned_to=person, assigned_name=name, paused_at=None)
            await self._way.begin_list(list_id, holder_id=person, holder_name=name)
            started.append(found.number)
            events.append(_handed(found, name))
        if events:
            await outbox.record(self._session, *events)
        return Started(numbers=tuple(started), left_out=tuple(left_out))

    async def start_next(self, seller_ids: Sequence[UUID], person_id: UUID, name: str) -> UUID | None:
        """Give somebody who showed their badge the list they have begun, else the most urgent free one.

        Returns:
            The list; None if there is nothing to pick.
        """
        own = await self._lists.own_list(str(person_id))
        if own is not None:
            return own
        found = await self._lists.next_free(seller_ids)
        if found is None:
            most = MOST_AT_ONCE[PickMode.CART]
            ready = await self._lists.ready_orders(seller_ids, single_piece=False, limit=most)
            if not ready:
                return None
            found = (await Releasing(self._session).release(ready, per_list=most)).pick_list_ids[0]
        await self.start([found], person_id, name)
        return found

    async def start_orders(
        self, order_ids: Collection[UUID], person_id: UUID, name: str, *, mode: PickMode = PickMode.CART, per_list: int
    ) -> Started:
        """Release orders and start the lists for somebody.

        Raises:
            NothingToReleaseError: none of them can be picked.
        """
        released = await Releasing(self._session).release(order_ids, per_list=per_list, mode=mode)
        started = await self.start(released.pick_list_ids, person_id, name)
        return msgspec.structs.replace(started, skipped=released.skipped)


def _handed(found: PickListRef, name: str) -> PickListChangedHands:
    return PickListChangedHands(
        seller_id=found.seller_id,
        subject_id=found.id,
        pick_list=found.number,
        what="assigned",
        before=found.assigned_name,
        name=name,
    )
