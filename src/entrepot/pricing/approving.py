"""What people do with prices: apply what is proposed, agree to large changes, let everything go on after a freeze."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.pricing import views
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.errors import (
    AnsweredAlreadyError,
    ApprovalNotFoundError,
    FrozenError,
    LimitsMovedError,
    SamePersonError,
)
from entrepot.pricing.events import ApprovalAnswered
from entrepot.pricing.governor import Governor, account_scope, seller_scope
from entrepot.pricing.governor_repository import ApprovalRow, FreezeRow, GovernorRepository
from entrepot.pricing.repricing import Repricer, Tally, Told

MOST_AT_ONCE = 5_000


class Approving:
    """Use cases of proposals and approvals."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._store = GovernorRepository(session)

    async def apply(self, offer_ids: Collection[UUID] | None = None) -> Tally:
        """Apply what is proposed for some offers, or for all.

        A price is applied as it was shown: where the rule wants another one by now, that one is proposed instead.
        """
        proposed = await views.proposed_prices(self._session, offer_ids, limit=MOST_AT_ONCE)
        told = {offer_id: Told(price) for offer_id, price in proposed.items()}
        return await Repricer(self._session).reprice(list(told), "apply", told=told)

    async def agree(self, approval_id: UUID) -> None:
        """Agree to a change that somebody else, or a rule of theirs, asked for: it is applied at once.

        Raises:
            ApprovalNotFoundError: there is none.
            AnsweredAlreadyError: it is not open any more.
            SamePersonError: the caller asked for it.
            LimitsMovedError: the price is not inside its limits any more.
            FrozenError: prices are frozen.
        """
        row = await self._open(approval_id)
        tally = await self._apply(row)
        outcome = tally.by_offer.get(row.offer_id)
        if outcome == "frozen":
            raise FrozenError
        if outcome != "applied":
            raise LimitsMovedError(price=str(row.price_after), currency=row.currency)
        await self._answer(row, approved=True)

    async def _apply(self, row: ApprovalRow) -> Tally:
        frozen = {one.scope for one in await self._store.open_freezes()}
        if frozen & {account_scope(row.account_id), seller_scope(row.seller_id), "instance"}:
            raise FrozenError
        told = {row.offer_id: Told(row.price_after, exact=True)}
        return await Repricer(self._session).reprice([row.offer_id], "approval", told=told)

    async def refuse(self, approval_id: UUID) -> None:
        """Do not agree: the price stays as it is; asking for the same again today is held without an alarm.

        Raises:
            ApprovalNotFoundError: there is none.
            AnsweredAlreadyError: it is not open any more.
            SamePersonError: the caller asked for it.
        """
        await self._answer(await self._open(approval_id), approved=False)

    async def resume(self, freeze_id: UUID) -> FreezeRow:
        """Let prices move again, and look at everything that was stopped.

        Raises:
            FreezeNotFoundError: there is none, or it ended before.
            WholeInstanceError: it concerns the instance, and the caller works for some sellers only.
        """
        return await Governor(self._session).resume(freeze_id)

    async def _open(self, approval_id: UUID) -> ApprovalRow:
        found = await views.approval_offer(self._session, approval_id)
        if found is None:
            raise ApprovalNotFoundError(approval=str(approval_id))
        await DecisionRepository(self._session).lock_offers([found])  # before the request itself, as a run does
        row = await self._store.lock_approval(approval_id)
        if row is None or row.state != "waiting":
            raise AnsweredAlreadyError
        if context_of(self._session).actor.id in {row.requested_by, *row.asked_by}:
            raise SamePersonError(name=context_of(self._session).actor.name)
        return row

    async def _answer(self, row: ApprovalRow, *, approved: bool) -> None:
        actor = context_of(self._session).actor
        state = "approved" if approved else "refused"
        await self._store.answer(row.id, state=state, by=actor.id, name=actor.name, at=now())
        event = ApprovalAnswered(
            seller_id=row.seller_id, subject_id=row.offer_id, approval_id=row.id, approved=approved
        )
        await outbox.record(self._session, event)
