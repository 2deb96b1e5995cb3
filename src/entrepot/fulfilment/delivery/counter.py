"""The counter: buyers collect what is ready, and somebody is reminded of what nobody collects."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.delivery.errors import DeliveryFormError
from entrepot.fulfilment.delivery.events import NotCollected
from entrepot.fulfilment.delivery.repository import RouteRepository
from entrepot.fulfilment.delivery.settings import DeliverySettings
from entrepot.fulfilment.dispatching import Dispatching, HandOver
from entrepot.fulfilment.way.errors import ReceiverMissingError
from entrepot.kit import outbox
from entrepot.kit.database import context_of
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

LONGEST_WAIT = 90
DAYS = N_("Enter a number of days from 1 to 90.")


class Counter:
    """Use cases of the counter.  Locks: the order, its parcels, stock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._settings = DeliverySettings(session)

    async def hand_over(self, order_id: UUID, received_by: str, *, client_id: str = "") -> tuple[OrderRef, bool]:
        """Give a packed order to whoever collects it: it leaves and has arrived in one breath.

        Returns:
            The order, and whether this is news: a repeat is answered like the first time and adds no proof.

        Raises:
            ReceiverMissingError: nobody said who took it.
            NothingToDispatchError: it is not packed.
            LabelledForCarrierError: a carrier expects it.
            InReviewError, OrderHeldError: it is stopped.
        """
        found = await OrderService(self._session).orders([order_id], lock=True)
        order = found[0] if found else await OrderService(self._session).order(order_id)
        actor = context_of(self._session).actor.name
        new = await RouteRepository(self._session).first_time(order.seller_id, client_id, "counter", order_id, actor)
        if not new or order.status is OrderStatus.DELIVERED:
            return order, False
        if not received_by.strip():
            raise ReceiverMissingError(number=order.number)
        dispatching = Dispatching(self._session)
        await dispatching.dispatch(order_id, HandOver.COUNTER)
        return await dispatching.deliver(order_id, received_by), True

    async def remind_days(self, seller_id: UUID) -> int:
        """Return after how many days somebody is reminded."""
        return await self._settings.remind_days(seller_id)

    async def set_remind_days(self, seller_id: UUID, days: int) -> None:
        """Say so.

        Raises:
            DeliveryFormError: it is no sensible number.
        """
        if not 1 <= days <= LONGEST_WAIT:
            raise DeliveryFormError({"remind_days": DAYS})
        await self._settings.set_remind_days(seller_id, days)

    async def remind(self) -> int:
        """Tell, once each, of the orders that wait at the counter for too long; returns how many."""
        late = await self._settings.not_collected()
        await outbox.record(
            self._session,
            *(
                NotCollected(seller_id=one.seller_id, subject_id=one.order_id, number=one.number, days=one.days)
                for one in late
            ),
        )
        return len(late)
