"""Price groups: made, changed, switched, paused, filled."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now, time_zones
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.money import CURRENCIES
from entrepot.kit.text import N_
from entrepot.pricing.domain.rules import Mode
from entrepot.pricing.errors import GroupChangedError, GroupNotFoundError, NameTakenError
from entrepot.pricing.events import GroupChanged
from entrepot.pricing.groups_repository import GroupRepository, MemberRow
from entrepot.pricing.refs import GroupDraft, GroupRef
from entrepot.pricing.selecting import Selection, checked
from entrepot.pricing.windows import read_windows, write_windows

LONGEST_NAME = 100
MOST_GROUPS = 200
DEAREST = 1_000_000
SLOWEST = 7 * 24 * 60
FASTEST = 5
"""Minutes between two looks."""


class GroupService:
    """Use cases of price groups."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._groups = GroupRepository(session)

    async def groups(self) -> list[GroupRef]:
        """Return every group, by name."""
        return await self._groups.groups()

    async def group(self, group_id: UUID) -> GroupRef:
        """Return one group.

        Raises:
            GroupNotFoundError: there is none.
        """
        found = await self._groups.groups([group_id])
        if not found:
            raise GroupNotFoundError(group=str(group_id))
        return found[0]

    async def create(self, seller_id: UUID, draft: GroupDraft) -> GroupRef:
        """Make a group, switched off.

        Raises:
            InvalidInputError: a field makes no sense.
            NameTakenError: there is one of that name.
        """
        values = self.check(draft)
        if await self._groups.named(seller_id, values["name"]) is not None:
            raise NameTakenError(name=values["name"])
        group_id = new_id()
        await self._groups.add_group({"id": group_id, "seller_id": seller_id, "mode": Mode.OFF, **values})
        await self._told(seller_id, group_id, values["name"], {"made": [None, values["name"]]})
        return await self.group(group_id)

    async def change(self, group_id: UUID, draft: GroupDraft, *, version: int | None = None) -> GroupRef:
        """Change what a group says.

        Raises:
            GroupNotFoundError: there is none.
            GroupChangedError: *version* is not the present one.
            InvalidInputError: a field makes no sense.
            NameTakenError: another one has the name.
        """
        before = await self._lock(group_id, version)
        values = self.check(draft)
        taken = await self._groups.named(before.seller_id, values["name"])
        if taken not in {None, group_id}:
            raise NameTakenError(name=values["name"])
        await self._change(before, values)
        if (before.kind, before.selection) != (values["kind"], values["selection"]):
            await self._chosen(group_id)
        return await self.group(group_id)

    async def switch(self, group_id: UUID, mode: Mode, *, version: int | None = None) -> None:
        """Let the hub go further, or less far, with the prices of a group.

        Whoever switches it on asks for what its rules want: a large change then needs somebody else.
        """
        before = await self._lock(group_id, version)
        await self._change(before, {"mode": mode, "activated_by": context_of(self._session).actor.id})

    async def pause(
        self, group_id: UUID, *, until: datetime | None, price: Decimal | None, currency: str = "EUR"
    ) -> None:
        """Let prices rest, at a price of their own or as they are.

        Raises:
            InvalidInputError: the price or the moment makes no sense.
        """
        before = await self._lock(group_id, None)
        if price is not None and not (price.is_finite() and 0 < price <= DEAREST and currency in CURRENCIES):
            raise InvalidInputError(
                {"price": gettext(N_("Enter a price above 0, or nothing to keep what is asked now."))}
            )
        if until is not None and until <= now():
            raise InvalidInputError(
                {"until": gettext(N_("Choose a moment in the future, or none to pause until you resume."))}
            )
        values = {
            "paused": True,
            "paused_until": until,
            "paused_price": price,
            "paused_currency": currency if price is not None else "",
        }
        await self._change(before, values)

    async def resume(self, group_id: UUID) -> None:
        """Let prices move again."""
        before = await self._lock(group_id, None)
        await self._change(before, {"paused": False, "paused_until": None, "paused_price": None, "paused_currency": ""})

    async def remove(self, group_id: UUID) -> None:
        """Remove a group; what it decided is kept."""
        before = await self._lock(group_id, None)
        await self._groups.change_group(group_id, {"removed_at": now(), "mode": Mode.OFF})
        await self._told(before.seller_id, group_id, before.name, {"removed": [before.name, None]})

    # Members

    async def include(self, group_id: UUID, offer_ids: Collection[UUID]) -> int:
        """Put offers into a group by hand; return how many."""
        return await self._put(group_id, offer_ids, included=True)

    async def exclude(self, group_id: UUID, offer_ids: Collection[UUID]) -> int:
        """Keep offers out of a group, whatever its filter finds; return how many."""
        return await self._put(group_id, offer_ids, included=False)

    async def forget(self, group_id: UUID, offer_ids: Collection[UUID]) -> None:
        """Let the filter decide about offers again."""
        group = await self._lock(group_id, None)
        await self._groups.forget(group_id, offer_ids)
        await self._chosen(group_id)
        await self._told(group.seller_id, group_id, group.name, {"members": [None, None]})

    async def include_named(self, group_id: UUID, names: Sequence[str]) -> int:
        """Put offers in by SKU, GTIN or the channel's number; return how many there were."""
        group = await self.group(group_id)
        offer_ids = await self._groups.offers_named(group.seller_id, names)
        return await self.include(group_id, offer_ids)

    async def preview(
        self, group_id: UUID, *, selection: Selection | None = None, limit: int = 50, after: UUID | None = None
    ) -> tuple[list[MemberRow], int]:
        """Return some of the offers that a group has, or would have with *selection*, and how many there are."""
        group = await self.group(group_id)
        said = checked(selection) if selection is not None else None
        return await self._groups.members(group, selection=said, limit=limit, after=after)

    async def member_ids(self, group_id: UUID) -> list[UUID]:
        """Return the offers of a group."""
        return await self._groups.member_ids(await self.group(group_id))

    async def sizes(self) -> dict[UUID, int]:
        """Return how many offers each group has."""
        return await self._groups.sizes()

    # Inside

    async def _put(self, group_id: UUID, offer_ids: Collection[UUID], *, included: bool) -> int:
        group = await self._lock(group_id, None)
        number = await self._groups.put(group, offer_ids, included=included)
        if number:
            await self._chosen(group_id)
            await self._told(group.seller_id, group_id, group.name, {"members": [None, number]})
        return number

    async def _chosen(self, group_id: UUID) -> None:
        await self._groups.chosen(group_id, context_of(self._session).actor.id)

    async def _lock(self, group_id: UUID, version: int | None) -> GroupRef:
        found = await self._groups.lock_group(group_id)
        if found is None:
            raise GroupNotFoundError(group=str(group_id))
        if version is not None and version != found.version:
            raise GroupChangedError(name=found.name)
        return found

    async def _change(self, before: GroupRef, values: dict[str, Any]) -> None:
        def plain(value: object) -> object:
            return msgspec.to_builtins(value, enc_hook=str)

        changes = {
            name: [plain(getattr(before, name)), plain(after)]
            for name, after in values.items()
            if plain(getattr(before, name)) != plain(after)
        }
        if not changes:
            return
        await self._groups.change_group(before.id, values)
        await self._told(before.seller_id, before.id, values.get("name", before.name), changes)

    async def _told(self, seller_id: UUID, group_id: UUID, name: str, changes: dict[str, list[Any]]) -> None:
        event = GroupChanged(seller_id=seller_id, subject_id=group_id, name=name, changes=changes)
        await outbox.record(self._session, event)

    @staticmethod
    def check(draft: GroupDraft) -> dict[str, Any]:
        """Return the columns of a group that makes sense.

        Raises:
            InvalidInputError: a field does not.
        """
        problems: dict[str, str] = {}
        name = draft.name.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            problems["name"] = gettext(N_("Enter a name of at most 100 characters."))
        if draft.kind not in {"filter", "list"}:
            problems["kind"] = gettext(N_("Choose a filter or a list."))
        if draft.time_zone not in time_zones():
            problems["time_zone"] = gettext(N_("Choose a time zone, such as Europe/Amsterdam."))
        country = draft.country.strip().upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004 -- letters
            problems["country"] = gettext(N_("Give the country as two letters, such as NL."))
        minutes = {field: getattr(draft, field) for field in ("market_minutes", "losing_minutes", "winning_minutes")}
        for field, value in minutes.items():
            if not FASTEST <= value <= SLOWEST:
                problems[field] = gettext(N_("Enter a whole number of minutes from 5 to 10080."))
        if problems:
            raise InvalidInputError(problems)
        windows = write_windows(read_windows(list(draft.windows)))
        return {
            "name": name,
            "kind": draft.kind,
            "selection": checked(draft.selection),
            "country": country,
            "time_zone": draft.time_zone,
            "windows": windows,
            **minutes,
        }
