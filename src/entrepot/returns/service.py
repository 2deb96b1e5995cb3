"""Returns as pages, the API and jobs use them."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.contract import Capability
from entrepot.channels.contract_returns import ReturnOutcome
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.inventory.service import InventoryService, MoveKind, Receipt
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.errors import OrderNotFoundError
from entrepot.orders.refs import OrderRef
from entrepot.orders.service import OrderService
from entrepot.returns.domain import Goods, LineState, state_of
from entrepot.returns.errors import (
    AlreadyHandledError,
    ByChannelError,
    GoodsStayError,
    HandledMeanwhileError,
    NoLocationError,
    NotThatManySentError,
    ReturnLineNotFoundError,
    ReturnNotFoundError,
    TooManyUnitsError,
    UnknownGoodsError,
)
from entrepot.returns.events import DecisionConfirmed, DecisionRefused, LineDecided, ReturnReceived
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

    async def register(self, order_id: UUID, line_id: UUID, quantity: int) -> ReturnRef:
        """Note goods that came back although no buyer announced them; what becomes of them is decided like for any other.

        Raises:
            OrderNotFoundError, ReturnLineNotFoundError
            ByChannelError: the channel sent the goods, and takes them back.
            TooManyUnitsError: more than were sent and did not come back yet.
        """
        found = await OrderService(self._session).orders([order_id], lock=True)
        if not found:
            raise OrderNotFoundError(order=order_id)
        [order] = found
        line = next((one for one in order.lines if one.id == line_id), None)
        if line is None:
            raise ReturnLineNotFoundError(line=str(line_id))
        if line.fulfilment == "channel":
            raise ByChannelError(channel=order.channel or "", number=order.number)
        told = order.channel_account_id if line.channel_line_id and _can_be_told(order) else None
        name = (line.channel_line_id if told else None) or str(line.id)
        most = line.quantity_shipped - await self._returns.returned(order_id, name)
        if not 1 <= quantity <= most:
            raise NotThatManySentError(sku=line.sku, most=max(0, most)) if most < 1 else TooManyUnitsError(most=most)
        return_id, number = new_id(), f"{order.number}-R{await self._returns.count(order_id) + 1}"
        head = {
            "id": return_id,
            "seller_id": order.seller_id,
            "account_id": told,
            "channel": order.channel or "",
            "channel_return_id": "",
            "number": number,
            "channel_order_id": order.channel_order_id or "",
            "order_id": order_id,
            "order_number": order.number,
            "buyer": order.customer_name or order.ship_name,
            "registered_at": now(),
            "fulfilment": "seller",
            "state": str(LineState.OPEN),
            "units": quantity,
            "search_text": f"{number} {order.channel_order_id or ''} {line.sku} {line.gtin} {order.ship_name}".lower(),
        }
        row = {
            "id": new_id(),
            "seller_id": order.seller_id,
            "return_id": return_id,
            "position": 0,
            "channel_return_line_id": "",
            "channel_line_id": name,
            "channel_order_id": order.channel_order_id or "",
            "product_id": line.product_id,
            "sku": line.sku,
            "gtin": line.gtin,
            "title": line.title,
            "quantity": quantity,
            "reason": "",
            "comment": "",
            "carrier": "",
            "tracking": "",
            "state": str(LineState.OPEN),
        }
        await self._returns.add([head], [row])
        received = ReturnReceived(
            seller_id=order.seller_id, subject_id=return_id, number=number, order_id=str(order_id), units=quantity
        )
        await outbox.record(self._session, received)
        return await self.goods_return(return_id)

    async def decide(
        self, return_id: UUID, line_id: UUID, decision: Decision, *, version: int | None = None
    ) -> ReturnRef:
        """Decide about a line: put its goods back or write them off, and have the channel told, if there is one.

        Raises:
            HandledMeanwhileError: *version* is not the present one.
            AlreadyHandledError, ByChannelError, TooManyUnitsError, GoodsStayError, NoLocationError, UnknownGoodsError
            AccountImportOnlyError: the channel may not be told anything.
        """
        found, line = await self._open_line(return_id, line_id, version)
        if found.account_id is not None:
            (await ChannelService(self._session).account(found.account_id)).require_write()
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
        state = LineState.TELLING if found.account_id else LineState.HANDLED
        await self._returns.change_line(
            line.id,
            state=str(state),
            outcome=str(decision.outcome),
            quantity_handled=decision.quantity,
            process_ref="",
            problem="",
            decided_at=now(),
            decided_by=context_of(self._session).actor.name,
            **values,
        )
        await self._settle(found, line, state)
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
        if found.account_id is not None:
            task = TellChannel(
                seller_id=found.seller_id, account_id=found.account_id, return_id=found.id, line_id=line.id
            )
            await jobs.enqueue(self._session, task, key=str(line.id), again=True)
        return await self.goods_return(return_id)

    async def to_tell(self, return_id: UUID, line_id: UUID) -> ReturnLineRef | None:
        """Return the line that the channel is to be told about; None: there is nothing to tell."""
        line = _line(await self.goods_return(return_id), line_id)
        return line if line.state is LineState.TELLING else None

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


def _can_be_told(order: OrderRef) -> bool:
    spec = connectors().get(order.channel or "")
    return spec is not None and Capability.HANDLE_RETURNS in spec.capabilities


def _line(found: ReturnRef, line_id: UUID) -> ReturnLineRef:
    for line in found.lines:
        if line.id == line_id:
            return line
    raise ReturnLineNotFoundError(line=str(line_id))
