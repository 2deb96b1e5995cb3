"""Returns as pages, the API and jobs use them."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.contract_returns import ReturnDecision, ReturnOutcome
from entrepot.channels.service import ChannelService
from entrepot.inventory.service import InventoryService, MoveKind, Receipt
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.text import N_
from entrepot.returns.domain import Goods, LineState, state_of
from entrepot.returns.errors import (
    AlreadyHandledError,
    ByChannelError,
    GoodsStayError,
    HandledMeanwhileError,
    NoLocationError,
    ReturnLineNotFoundError,
    ReturnNotFoundError,
    TooManyUnitsError,
    UnknownGoodsError,
)
from entrepot.returns.events import DecisionConfirmed, DecisionRefused, LineDecided
from entrepot.returns.refs import ReturnLineRef, ReturnRef
from entrepot.returns.repository import ReturnRepository
from entrepot.returns.tasks import ImportReturns, TellChannel

OUTCOME_LABELS: dict[ReturnOutcome, str] = {
    ReturnOutcome.RECEIVED: N_("In order: money back"),
    ReturnOutcome.EXCHANGED: N_("Exchanged"),
    ReturnOutcome.REPAIRED: N_("Repaired"),
    ReturnOutcome.REFUSED: N_("Refused: does not meet the conditions"),
    ReturnOutcome.BUYER_KEEPS: N_("The buyer keeps it and pays"),
    ReturnOutcome.APPROVED_AFTER_ALL: N_("Approved after all"),
}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of the units of one line."""

    outcome: ReturnOutcome
    quantity: int
    goods: Goods = Goods.NONE
    location_id: UUID | None = None
    """Where the goods go, if back to stock."""


class ReturnService:
    """Every use case of returns that does not talk to a channel."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._returns = ReturnRepository(session)

    async def goods_return(self, return_id: UUID) -> ReturnRef:
        """Return one return with its lines.

        Raises:
            ReturnNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._returns.find(return_id)
        if found is None:
            raise ReturnNotFoundError(found=str(return_id))
        return found

    async def refresh(self, account_id: UUID) -> UUID:
        """Read an account's returns soon; return the run's id."""
        account = await ChannelService(self._session).account(account_id)
        account.require_read()
        task = ImportReturns(seller_id=account.seller_id, account_id=account_id)
        return await jobs.enqueue(self._session, task, key=str(account_id))

    async def decide(
        self, return_id: UUID, line_id: UUID, decision: Decision, *, version: int | None = None
    ) -> ReturnRef:
        """Decide about a line: put its goods back or write them off, and have the channel told.

        Raises:
            HandledMeanwhileError: *version* is not the present one.
            AlreadyHandledError, ByChannelError, TooManyUnitsError, GoodsStayError, NoLocationError, UnknownGoodsError
            AccountImportOnlyError: the channel may not be told anything.
        """
        found, line = await self._open_line(return_id, line_id, version)
        account = await ChannelService(self._session).account(found.account_id)
        account.require_write()
        if not 1 <= decision.quantity <= line.quantity:
            raise TooManyUnitsError(most=line.quantity)
        if decision.outcome is ReturnOutcome.BUYER_KEEPS and decision.goods is not Goods.NONE:
            raise GoodsStayError
        if decision.goods is Goods.RESTOCK and not line.goods:
            await self._restock(found, line, decision)
        values: dict[str, object] = {}
        if not line.goods:  # what became of the goods is decided once: a second try with the channel moves nothing
            at = decision.location_id if decision.goods is Goods.RESTOCK else None
            values = {"goods": str(decision.goods), "location_id": at}
        await self._returns.change_line(
            line.id,
            state=str(LineState.TELLING),
            outcome=str(decision.outcome),
            quantity_handled=decision.quantity,
            process_ref="",
            problem="",
            decided_at=now(),
            decided_by=context_of(self._session).actor.name,
            **values,
        )
        await self._settle(found, line, LineState.TELLING)
        await outbox.record(
            self._session,
            LineDecided(
                seller_id=found.seller_id,
                subject_id=found.id,
                number=found.number,
                sku=line.sku,
                quantity=decision.quantity,
                outcome=str(decision.outcome),
                goods=str(decision.goods),
            ),
        )
        task = TellChannel(seller_id=found.seller_id, account_id=found.account_id, return_id=found.id, line_id=line.id)
        await jobs.enqueue(self._session, task, key=str(line.id), again=True)
        return await self.goods_return(return_id)

    async def to_tell(self, return_id: UUID, line_id: UUID) -> tuple[ReturnDecision | None, str]:
        """Return what the channel is to be told about a line, and what it was asked already; None: nothing."""
        line = _line(await self.goods_return(return_id), line_id)
        if line.state is not LineState.TELLING:
            return None, ""
        decision = ReturnDecision(
            channel_return_line_id=line.channel_return_line_id,
            quantity=line.quantity_handled,
            outcome=ReturnOutcome(line.outcome),
        )
        return decision, line.process_ref

    async def note_asked(self, line_id: UUID, process_ref: str) -> None:
        """Note under which name the channel works on it."""
        await self._returns.change_line(line_id, process_ref=process_ref)

    async def settle(self, return_id: UUID, line_id: UUID, problem: str = "") -> None:
        """Note that the channel took the decision, or refused it because of *problem*."""
        found = await self._locked(return_id)
        line = _line(found, line_id)
        if line.state is not LineState.TELLING:
            return
        state = LineState.FAILED if problem else LineState.HANDLED
        await self._returns.change_line(line.id, state=str(state), problem=problem)
        await self._settle(found, line, state)
        event = (
            DecisionRefused(
                seller_id=found.seller_id, subject_id=found.id, number=found.number, sku=line.sku, reason=problem
            )
            if problem
            else DecisionConfirmed(
                seller_id=found.seller_id,
                subject_id=found.id,
                number=found.number,
                sku=line.sku,
                quantity=line.quantity_handled,
            )
        )
        await outbox.record(self._session, event)

    async def _restock(self, found: ReturnRef, line: ReturnLineRef, decision: Decision) -> None:
        """Put the goods into a location; of a bundle, its parts."""
        if decision.location_id is None:
            raise NoLocationError
        if line.product_id is None:
            raise UnknownGoodsError(title=line.title, gtin=line.gtin or "–")
        product = (await CatalogService(self._session).products([line.product_id]))[line.product_id]
        receipts = [
            Receipt(product_id=part, location_id=decision.location_id, quantity=quantity)
            for part, quantity in product.units(decision.quantity).items()
        ]
        await InventoryService(self._session).receive_many(
            receipts, reason=found.number, reference=("return", found.id), kind=MoveKind.RETURN
        )

    async def _open_line(self, return_id: UUID, line_id: UUID, version: int | None) -> tuple[ReturnRef, ReturnLineRef]:
        found = await self._locked(return_id)
        line = _line(found, line_id)
        if found.fulfilment == "channel":
            raise ByChannelError(channel=found.channel, number=found.number)
        if line.state not in {LineState.OPEN, LineState.FAILED}:
            raise AlreadyHandledError(number=found.number)
        if version is not None and version != found.version:
            raise HandledMeanwhileError(number=found.number)
        return found, line

    async def _settle(self, found: ReturnRef, line: ReturnLineRef, state: LineState) -> None:
        states = [state if one.id == line.id else one.state for one in found.lines]
        await self._returns.change(found.id, state=str(state_of(states, by_channel=False)))

    async def _locked(self, return_id: UUID) -> ReturnRef:
        found = await self._returns.find(return_id, lock=True)
        if found is None:
            raise ReturnNotFoundError(found=str(return_id))
        return found


def _line(found: ReturnRef, line_id: UUID) -> ReturnLineRef:
    for line in found.lines:
        if line.id == line_id:
            return line
    raise ReturnLineNotFoundError(line=str(line_id))
