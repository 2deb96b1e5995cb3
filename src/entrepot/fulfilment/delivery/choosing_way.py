"""How an order is to leave: carrier, counter or own driver; to the door, or to a pick-up point."""

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import CarrierCapability
from entrepot.fulfilment.contract_carriage import FindsServicePoints, ServicePoint
from entrepot.fulfilment.delivery.errors import PointGoneError, TooLateToChooseError
from entrepot.fulfilment.delivery.events import HandOverChosen
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.domain import ShipmentState
from entrepot.fulfilment.errors import CarrierCannotError
from entrepot.fulfilment.refs import CarrierAccountRef
from entrepot.fulfilment.registry import carriers
from entrepot.fulfilment.repository import ChoiceRepository, DeliveryWish, ParcelRepository
from entrepot.kit import outbox
from entrepot.kit.database import Actor, Database
from entrepot.kit.scope import Scope
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

MOST_POINTS = 50
LONGEST_AREA = 60
OVER = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.HANDED_OVER})


class Wishes:
    """How orders are to leave, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._choices = ChoiceRepository(session)
        self._orders = OrderService(session)

    async def of(self, order_id: UUID) -> DeliveryWish | None:
        """Return how an order is to leave; None: nobody said."""
        return await self._choices.of(order_id)

    async def choose(self, order_id: UUID, how: HandOver, *, area: str = "") -> DeliveryWish:
        """Say how an order is to leave.  A pick-up point chosen before is forgotten.

        Raises:
            TooLateToChooseError: it has a label, or left.
        """
        order = await self._free(order_id)
        return await self._save(order, how, area=area.strip()[:LONGEST_AREA])

    async def to_point(self, order_id: UUID, account_id: UUID, point: ServicePoint) -> DeliveryWish:
        """Have a carrier bring an order to a pick-up point.

        Raises:
            TooLateToChooseError: it has a label, or left.
        """
        order = await self._free(order_id)
        return await self._save(order, HandOver.CARRIER, account_id=account_id, point=point)

    async def _save(
        self,
        order: OrderRef,
        how: HandOver,
        *,
        area: str = "",
        account_id: UUID | None = None,
        point: ServicePoint | None = None,
    ) -> DeliveryWish:
        await self._choices.save(order.seller_id, order.id, str(how), area=area, account_id=account_id, point=point)
        await outbox.record(
            self._session,
            HandOverChosen(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                how=str(how),
                point=point.name if point else "",
            ),
        )
        found = await self._choices.of(order.id)
        if found is None:
            raise TooLateToChooseError(number=order.number)  # it went meanwhile: the order's lock makes that impossible
        return found

    async def _free(self, order_id: UUID) -> OrderRef:
        found = await self._orders.orders([order_id], lock=True)
        order = found[0] if found else await self._orders.order(order_id)
        shipments = await ParcelRepository(self._session).shipments_of(order_id)
        labelled = any(one.state not in {ShipmentState.FAILED, ShipmentState.CANCELLED} for one in shipments)
        if order.status in OVER or labelled:
            raise TooLateToChooseError(number=order.number)
        return order


class PointDesk:
    """Looks for pick-up points; opens its own transactions, because carriers are not called within one."""

    def __init__(
        self, database: Database, lines: CarrierLines, *, scope: Scope, actor: Actor, request_id: str = ""
    ) -> None:
        self._database = database
        self._lines = lines
        self._scope = scope
        self._actor = actor
        self._request_id = request_id

    async def search(self, account_id: UUID, country: str, postcode: str) -> tuple[ServicePoint, ...]:
        """Return pick-up points of a carrier, the nearest first.

        Raises:
            CarrierCannotError: it has none.
        """
        async with self._open() as session:
            accounts = Carriers(session, self._lines)
            account = await accounts.account(account_id)
            carrier = await accounts.connector(account_id, why="look for pick-up points")
        if not isinstance(carrier, FindsServicePoints):
            raise CarrierCannotError(carrier=account.name, capability=str(CarrierCapability.SERVICE_POINTS))
        return (await carrier.service_points(country.strip().upper(), postcode.strip()))[:MOST_POINTS]

    async def choose(
        self, order_id: UUID, account_id: UUID, point_id: str, *, country: str, postcode: str
    ) -> DeliveryWish:
        """Have a carrier bring an order to one of its pick-up points, as the carrier describes it now.

        Raises:
            PointGoneError: the carrier does not list it there.
            TooLateToChooseError: the order has a label, or left.
        """
        found = await self.search(account_id, country, postcode)
        point = next((one for one in found if one.point_id == point_id), None)
        async with self._open() as session:
            account = await Carriers(session).account(account_id)
            if point is None:
                raise PointGoneError(carrier=account.name, point=point_id[:60], postcode=postcode[:20])
            return await Wishes(session).to_point(order_id, account_id, point)

    def _open(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.transaction(self._scope, actor=self._actor, request_id=self._request_id)


async def accounts_with_points(session: AsyncSession, order: OrderRef) -> list[CarrierAccountRef]:
    """Return the carrier accounts that could bring an order to a pick-up point."""
    known = carriers()
    return [
        one
        for one in await Carriers(session).accounts(order.seller_id)
        if one.active
        and one.carrier in known
        and CarrierCapability.SERVICE_POINTS in known[one.carrier].capabilities
        and known[one.carrier].serves(order.channel)
    ]
