"""Step 3 of the order run: orders to the ERP, a batch at a time."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.erp.connections import ErpConnections
from entrepot.erp.contract import ErpAddress, ErpOrder, ErpOrderLine, HandOver, HandOverState
from entrepot.erp.service import ErpService
from entrepot.jobs.run import Run
from entrepot.kit.errors import EntrepotError
from entrepot.kit.money import CURRENCIES, round_money
from entrepot.kit.text import N_
from entrepot.orders.handing import OrderHandOver
from entrepot.orders.service import OrderLineRef, OrderRef

BATCH = 50
"""Orders given to an ERP at once."""
NOT_BUILT = N_("The order cannot be written for the ERP: {reason}")
NO_ANSWER = N_("The ERP said nothing about this order.")


class HandedOver(msgspec.Struct):
    """What became of a batch."""

    accepted: int = 0
    present: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        return self.accepted + self.present + self.refused

    @property
    def numbers(self) -> dict[str, int]:
        return {"accepted": self.accepted, "present": self.present, "refused": self.refused}

    def add(self, other: "HandedOver") -> None:
        """Add the numbers of another batch."""
        self.accepted += other.accepted
        self.present += other.present
        self.refused += other.refused


async def hand_over_batch(run: Run, erps: ErpConnections, account_id: UUID, erp_id: UUID) -> HandedOver:
    """Give the next orders that wait to the ERP.

    The ERP knows each by its number, so those of a batch whose end we did not see are given again and are there already.

    Raises:
        ErpAwayError: it does not answer.
    """
    async with run.transaction() as session:
        orders = await OrderHandOver(session, account_id).waiting(erp_id, BATCH)
        if not orders:
            return HandedOver()
        service = ErpService(session, erps)
        (await service.account(erp_id)).require()
        connector = await service.order_connector(erp_id, why="hand over orders")
        products = await CatalogService(session).products(
            {line.product_id for order in orders for line in order.lines if line.product_id}
        )
    built, refused = _build(orders, products)
    try:
        outcomes = await connector.hand_over(built) if built else []
    except EntrepotError as error:
        run.check_cancelled()
        async with run.transaction() as session:
            await ErpService(session).record_failure(erp_id, error)
        raise
    finally:
        await connector.aclose()
    problems = refused | _refusals(orders, built, outcomes)
    async with run.transaction() as session:
        hand_over = OrderHandOver(session, account_id)
        if outcomes:
            service = ErpService(session)
            await service.record_hand_overs(erp_id, built, outcomes, way=connector.way)
            await service.record_success(erp_id)
        done = {outcome.reference for outcome in outcomes if outcome.done}
        await hand_over.handed_over([order.id for order in orders if order.number in done])
        await hand_over.refused(problems)
    by_id = {order.id: order for order in orders}
    for order_id, problem in problems.items():
        await run.log(
            "error",
            N_("The ERP did not take {order}: {problem}"),
            subject=("order", order_id),
            order=by_id[order_id].number,
            problem=problem,
        )
    states = [outcome.state for outcome in outcomes]
    return HandedOver(
        accepted=states.count(HandOverState.ACCEPTED),
        present=states.count(HandOverState.PRESENT),
        refused=len(problems),
    )


def _refusals(orders: Sequence[OrderRef], built: Sequence[ErpOrder], outcomes: Sequence[HandOver]) -> dict[UUID, str]:
    """Return why orders were refused; one about which nothing was said counts as refused, too."""
    said = {outcome.reference: outcome for outcome in outcomes}
    given = {order.reference for order in built}
    return {
        order.id: said[order.number].problem or NO_ANSWER if order.number in said else NO_ANSWER
        for order in orders
        if order.number in given and not (order.number in said and said[order.number].done)
    }


def _build(orders: Sequence[OrderRef], products: dict[UUID, ProductRef]) -> tuple[list[ErpOrder], dict[UUID, str]]:
    """Return the orders as the ERP gets them, and why some cannot be written."""
    built: list[ErpOrder] = []
    refused: dict[UUID, str] = {}
    for order in orders:
        try:
            built.append(erp_order(order, products))
        except (ValueError, ArithmeticError) as error:  # msgspec's own errors are ValueErrors
            refused[order.id] = NOT_BUILT.format(reason=error)
    return built, refused


def erp_order(order: OrderRef, products: dict[UUID, ProductRef]) -> ErpOrder:
    """Return an order as ERPs get it: what is open of the lines that the ERP sends.

    Raises:
        ValueError: it makes no sense.
    """
    billing = order.billing_address
    return ErpOrder(
        reference=order.number,
        channel=order.channel or "",
        channel_order_id=order.channel_order_id or "",
        placed_at=order.placed_at,
        currency=order.currency,
        language=order.language,
        ship_to=msgspec.convert(order.shipping_address, ErpAddress),
        bill_to=None if billing is None else msgspec.convert(billing, ErpAddress),
        lines=tuple(_line(line, order.currency, products) for line in order.lines if line.for_erp),
        shipping_price=order.shipping_total,
        comment=order.buyer_reference,
    )


def _line(line: OrderLineRef, currency: str, products: dict[UUID, ProductRef]) -> ErpOrderLine:
    product = products.get(line.product_id) if line.product_id else None
    share = line.discount * line.for_erp / line.quantity
    return ErpOrderLine(
        line_id=str(line.id),
        sku=line.sku or (product.sku if product is not None else ""),
        title=line.title,
        quantity=line.for_erp,
        unit_price=line.unit_price,
        discount=round_money(share, currency) if currency in CURRENCIES else Decimal(share),
    )
