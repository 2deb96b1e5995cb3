"""REST API v1 of changes of many prices."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.sentence import Sentence
from entrepot.offers.prices.api.reading import Limit, Reason, limited, number_place
from entrepot.offers.prices.browsing import Filters
from entrepot.offers.prices.changing import ChangeKind, PriceChange
from entrepot.offers.prices.domain import PriceState, Source
from entrepot.offers.prices.editing import PriceEditing
from entrepot.offers.prices.rounding import Ending


class DraftEdit(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A change, and which offers it is about: those named, else all that fit the filters."""

    kind: ChangeKind
    value: Decimal = Decimal(0)
    """A price, a percentage or an amount; not needed to round or release."""
    ending: Ending = Ending.NONE
    reason: Reason = ""
    offer_ids: Annotated[list[UUID], Meta(min_length=1, max_length=20_000)] | None = None
    account_id: UUID | None = None
    state: PriceState | None = None
    source: Source | None = None
    limited: bool = False
    q: Annotated[str, Meta(max_length=200)] = ""


class PriceEditOut(msgspec.Struct, kw_only=True):
    """A change of many prices: a preview until it is applied.

    ``counts``: all, fits, refused; once applied also applied, changed (meanwhile, so left alone), undone.
    """

    id: UUID
    kind: ChangeKind
    value: Decimal
    ending: Ending
    reason: str
    created_by: str
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    counts: dict[str, int]


class EditLineOut(msgspec.Struct, kw_only=True):
    """One offer of it; ``after`` null: left alone, or let go of."""

    offer_id: UUID
    currency: str
    before: Decimal | None
    after: Decimal | None
    refused: str
    outcome: str


class EditLineList(msgspec.Struct):
    """A page of offers."""

    items: list[EditLineOut]
    next: str | None


class PriceEditApi(Controller):
    """Changes of many prices."""

    path = "/api/v1/price-edits"
    tags = ("prices",)

    @post(operation_id="previewPriceEdit", summary="Preview a change of many prices", opt=needs(Right.OFFERS_MANAGE))
    async def draft(self, session: AsyncSession, principal: Principal, data: JSONBody[DraftEdit]) -> PriceEditOut:
        """Work out what a change would do; nothing changes before it is applied.  Kept for a week."""
        editing = PriceEditing(session)
        change = PriceChange(kind=data.kind, value=limited(data.value), ending=data.ending)
        filters = Filters(
            account_id=data.account_id,
            state=data.state,
            source=data.source,
            limited=data.limited,
            query=data.q.replace("\0", ""),
        )
        edit_id = await editing.draft(
            principal.seller_id(), change, filters=filters, offer_ids=data.offer_ids, reason=data.reason
        )
        return await _one(editing, edit_id)

    @get("/{edit_id:uuid}", operation_id="getPriceEdit", summary="Show a change", opt=needs(Right.OFFERS_READ))
    async def show(self, session: AsyncSession, edit_id: FromPath[UUID]) -> PriceEditOut:
        """Show a change and what became of it."""
        return await _one(PriceEditing(session), edit_id)

    @get(
        "/{edit_id:uuid}/offers",
        operation_id="listPriceEditOffers",
        summary="List old and new prices",
        opt=needs(Right.OFFERS_READ),
    )
    async def lines(
        self, session: AsyncSession, edit_id: FromPath[UUID], cursor: str | None = None, limit: Limit = 50
    ) -> EditLineList:
        """List every offer of a change with its old and its new price, or why it is left alone."""
        editing = PriceEditing(session)
        await editing.find(edit_id)
        after = number_place(cursor, digits=9)
        rows = await editing.lines(edit_id, after=-1 if after is None else after, limit=limit + 1)
        items = [
            EditLineOut(
                offer_id=row.offer_id,
                currency=row.currency,
                before=row.before,
                after=row.after,
                refused="" if row.refused is None else msgspec.convert(row.refused, Sentence).shown,
                outcome=row.outcome,
            )
            for row in rows[:limit]
        ]
        return EditLineList(items, str(rows[limit - 1].place) if len(rows) > limit else None)

    @post(
        "/{edit_id:uuid}/apply",
        operation_id="applyPriceEdit",
        summary="Apply a change",
        opt=needs(Right.OFFERS_MANAGE),
        status_code=200,
    )
    async def apply(self, session: AsyncSession, edit_id: FromPath[UUID]) -> PriceEditOut:
        """Do what the preview showed, all at once; prices changed meanwhile are left alone."""
        editing = PriceEditing(session)
        await editing.apply(edit_id)
        return await _one(editing, edit_id)

    @post(
        "/{edit_id:uuid}/undo",
        operation_id="undoPriceEdit",
        summary="Put prices back",
        opt=needs(Right.OFFERS_MANAGE),
        status_code=200,
    )
    async def undo(self, session: AsyncSession, edit_id: FromPath[UUID]) -> PriceEditOut:
        """Put every price back as it was; what was changed again since is left alone."""
        editing = PriceEditing(session)
        await editing.undo(edit_id)
        return await _one(editing, edit_id)


async def _one(editing: PriceEditing, edit_id: UUID) -> PriceEditOut:
    head = await editing.find(edit_id)
    change = msgspec.convert(head.change, PriceChange)
    return PriceEditOut(
        id=head.id,
        kind=change.kind,
        value=change.value,
        ending=change.ending,
        reason=head.reason,
        created_by=head.created_by,
        created_at=head.created_at,
        applied_at=head.applied_at,
        undone_at=head.undone_at,
        counts=await editing.counts(edit_id),
    )
