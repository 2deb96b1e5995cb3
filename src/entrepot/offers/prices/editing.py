"""Changing many prices at once: looked at first, applied as one, and put back as one."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.browsing import Filters, count_prices, price_lines
from entrepot.offers.prices.changing import NOT_LOCKED, ChangeKind, PriceChange, changed_price
from entrepot.offers.prices.domain import MOST, PriceState
from entrepot.offers.prices.edit_repository import EditHead, EditLine, EditRepository
from entrepot.offers.prices.errors import EditDoneError, EditNotFoundError, NothingToEditError, TooManyOffersError
from entrepot.offers.prices.events import PricesEdited
from entrepot.offers.prices.rounding import Ending
from entrepot.offers.prices.rows import PriceRow
from entrepot.offers.prices.service import LONGEST_REASON, NOT_TOLD, PriceService

MOST_OFFERS = 20_000
"""More are not changed in one transaction."""
MOST_PERCENT = Decimal(1_000)
GONE = N_("It is no longer on the channel.")
ENTER_PRICE = N_("Enter a price of more than 0.")
ENTER_PERCENT = N_("Enter a percentage of more than 0, and less than 100 to lower prices.")
ENTER_AMOUNT = N_("Enter an amount of more than 0.")
CHOOSE_ENDING = N_("Choose how the prices are to end.")


class PriceEditing(PriceService):
    """Changes of many prices."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._edits = EditRepository(session)

    async def draft(
        self,
        seller_id: UUID,
        change: PriceChange,
        *,
        filters: Filters | None = None,
        offer_ids: Sequence[UUID] | None = None,
        reason: str = "",
    ) -> UUID:
        """Work out what a change would do, and keep that as a preview; return its id.

        Args:
            seller_id: whose offers.
            change: what is done to each price.
            filters: which offers, if they are not named.
            offer_ids: which, by name.
            reason: kept with every price it sets.

        Raises:
            InvalidInputError: the change makes no sense.
            NothingToEditError: no offer fits.
            TooManyOffersError: as it says.
        """
        check_change(change)
        chosen = replace(filters or Filters(), seller_id=seller_id)
        if offer_ids is None:
            count = await count_prices(self._session, chosen, most=MOST_OFFERS + 1)
            if count > MOST_OFFERS:
                raise TooManyOffersError(count=f"> {MOST_OFFERS}", most=MOST_OFFERS)
        elif len(offer_ids) > MOST_OFFERS:
            raise TooManyOffersError(count=len(offer_ids), most=MOST_OFFERS)
        found = await price_lines(self._session, chosen, offer_ids=offer_ids, limit=MOST_OFFERS)
        if not found:
            raise NothingToEditError
        rows = await self._lock_rows([line.offer_id for line in found])
        able = await self._can_tell()
        refused = {line.offer_id: Sentence(GONE) for line in found if line.state is PriceState.GONE}
        refused |= {line.offer_id: Sentence(NOT_TOLD) for line in found if line.account_id not in able}
        edit_id = new_id()
        lines = [
            {"edit_id": edit_id, "seller_id": seller_id, "place": place, "outcome": ""}
            | _line(rows[line.offer_id], change, refused.get(line.offer_id))
            for place, line in enumerate(found)
        ]
        head: dict[str, Any] = {
            "id": edit_id,
            "seller_id": seller_id,
            "change": msgspec.to_builtins(change),
            "reason": reason.strip()[:LONGEST_REASON],
            "created_by": context_of(self._session).actor.name,
        }
        await self._edits.add(head, lines)
        return edit_id

    async def find(self, edit_id: UUID) -> EditHead:
        """Return a change.

        Raises:
            EditNotFoundError: there is none.
        """
        found = await self._edits.find(edit_id)
        if found is None:
            raise EditNotFoundError(edit=edit_id)
        return found

    async def lines(self, edit_id: UUID, *, after: int = -1, limit: int) -> list[EditLine]:
        """Return the offers of a change, in their order."""
        return await self._edits.lines(edit_id, after=after, limit=limit)

    async def counts(self, edit_id: UUID) -> dict[str, int]:
        """Return how many offers a change has, by what becomes of them."""
        return (await self._edits.counts([edit_id]))[edit_id]

    async def recent(self, limit: int = 10) -> list[tuple[EditHead, dict[str, int]]]:
        """Return the last changes that were applied, each with its counts."""
        heads = await self._edits.recent(limit=limit)
        counts = await self._edits.counts([head.id for head in heads])
        return [(head, counts[head.id]) for head in heads]

    async def apply(self, edit_id: UUID) -> int:
        """Do what the preview showed, all in this transaction; return how many offers changed.

        An offer whose price changed since the preview was made is left alone.

        Raises:
            EditNotFoundError: there is none.
            EditDoneError: it was applied before.
        """
        head = await self._locked(edit_id)
        if head.applied_at is not None:
            raise EditDoneError
        lines = [line for line in await self._edits.lines(edit_id) if line.refused is None]
        rows = await self._lock_rows([line.offer_id for line in lines])
        outcomes: dict[UUID, str] = {}
        after: list[PriceRow] = []
        for line in lines:
            row = rows[line.offer_id]
            if _price_of(row) != line.before or row.locked != line.was_locked:
                outcomes[line.offer_id] = "changed"
                continue
            outcomes[line.offer_id] = "applied"
            after.append(
                replace(row, locked=False) if line.after is None else self._set_by_hand(row, line.after, head.reason)
            )
        await self._finish(head, after, outcomes, undone=False)
        return len(after)

    async def undo(self, edit_id: UUID) -> int:
        """Put every price back as it was before; return how many were.

        What was changed again since is left alone.

        Raises:
            EditNotFoundError: there is none.
            EditDoneError: it was put back before, or never applied.
        """
        head = await self._locked(edit_id)
        if head.applied_at is None or head.undone_at is not None:
            raise EditDoneError
        lines = [line for line in await self._edits.lines(edit_id) if line.outcome == "applied"]
        rows = await self._lock_rows([line.offer_id for line in lines])
        outcomes: dict[UUID, str] = {}
        after: list[PriceRow] = []
        for line in lines:
            row = rows[line.offer_id]
            untouched = row.locked == (line.after is not None) and (
                line.after is None or row.manual_price == line.after
            )
            outcomes[line.offer_id] = "undone" if untouched else "changed"
            if untouched:
                after.append(self._put_back(row, line))
        await self._finish(head, after, outcomes, undone=True)
        return len(after)

    def _set_by_hand(self, row: PriceRow, price: Decimal, reason: str) -> PriceRow:
        return replace(
            row,
            locked=True,
            manual_price=price,
            manual_reason=reason,
            locked_by=context_of(self._session).actor.name,
            locked_at=now(),
        )

    def _put_back(self, row: PriceRow, line: EditLine) -> PriceRow:
        if line.was_locked and line.was_price is not None:
            return self._set_by_hand(row, line.was_price, line.was_reason)
        back = replace(row, locked=False)
        # Nobody decided the price before: the channel is told what it had then, and is left alone again.
        return back if line.before is None else replace(back, base_price=line.before, wanted_source="list")

    async def _locked(self, edit_id: UUID) -> EditHead:
        head = await self._edits.find(edit_id, lock=True)
        if head is None:
            raise EditNotFoundError(edit=edit_id)
        return head

    async def _finish(
        self, head: EditHead, after: Sequence[PriceRow], outcomes: dict[UUID, str], *, undone: bool
    ) -> None:
        await self._turn(after)
        await self._prices.changed_by_person([row.offer_id for row in after])
        await self._edits.settle(head.id, outcomes)
        await self._edits.mark(head.id, undone=undone, who=context_of(self._session).actor.name)
        event = PricesEdited(seller_id=head.seller_id, subject_id=head.id, count=len(after), undone=undone)
        await outbox.record(self._session, event)


def check_change(change: PriceChange) -> None:
    """Refuse a change that makes no sense.

    Raises:
        InvalidInputError: says which field.
    """
    value = change.value
    fine = value.is_finite()
    match change.kind:
        case ChangeKind.SET if not (fine and 0 < value <= MOST):
            raise InvalidInputError({"value": gettext(ENTER_PRICE)})
        case ChangeKind.RAISE_PERCENT if not (fine and 0 < value <= MOST_PERCENT):
            raise InvalidInputError({"value": gettext(ENTER_PERCENT)})
        case ChangeKind.LOWER_PERCENT if not (fine and 0 < value < 100):  # noqa: PLR2004 -- per cent
            raise InvalidInputError({"value": gettext(ENTER_PERCENT)})
        case ChangeKind.RAISE_AMOUNT | ChangeKind.LOWER_AMOUNT if not (fine and 0 < value <= MOST):
            raise InvalidInputError({"value": gettext(ENTER_AMOUNT)})
        case ChangeKind.ROUND if change.ending is Ending.NONE:
            raise InvalidInputError({"ending": gettext(CHOOSE_ENDING)})
        case _:
            pass


def _price_of(row: PriceRow) -> Decimal | None:
    return row.published_price if row.wanted_price is None else row.wanted_price


def _line(row: PriceRow, change: PriceChange, refused: Sentence | None) -> dict[str, Any]:
    before = _price_of(row)
    answer: Decimal | Sentence | None
    if refused is not None:
        answer = refused
    elif change.kind is ChangeKind.RELEASE:
        answer = None if row.locked else Sentence(NOT_LOCKED)
    else:
        answer = changed_price(before, change, row.currency)
    return {
        "offer_id": row.offer_id,
        "currency": row.currency,
        "before": before,
        "after": answer if isinstance(answer, Decimal) else None,
        "was_locked": row.locked,
        "was_price": row.manual_price if row.locked else None,
        "was_reason": row.manual_reason if row.locked else "",
        "refused": msgspec.to_builtins(answer) if isinstance(answer, Sentence) else None,
    }
