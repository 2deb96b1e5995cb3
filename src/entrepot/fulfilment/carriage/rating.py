"""What a packed parcel would cost with each connected carrier that tells its prices."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import PostalAddress
from entrepot.fulfilment.contract_carriage import QuotesRates, Rate, RateRequest
from entrepot.fulfilment.refs import CarrierAccountRef, ParcelRef
from entrepot.fulfilment.registry import carriers
from entrepot.kit.errors import EntrepotError
from entrepot.orders.service import OrderService


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """What one carrier account answered."""

    account: CarrierAccountRef
    rates: tuple[Rate, ...]
    problem: str = ""
    """Why there are none: as the carrier says."""


class Rating:
    """Asks carriers for rates.  :meth:`prepare` in a transaction, :meth:`ask` after it."""

    def __init__(self, lines: CarrierLines) -> None:
        self._lines = lines
        self._asked: list[tuple[CarrierAccountRef, QuotesRates]] = []
        self._request: RateRequest | None = None

    async def prepare(self, session: AsyncSession, parcel: ParcelRef) -> None:
        """Read what is to be asked, and whom."""
        order = await OrderService(session).order(parcel.order_id)
        known = Carriers(session, self._lines)
        installed = carriers()
        for account in await known.accounts(order.seller_id):
            if account.active and account.carrier in installed and installed[account.carrier].serves(order.channel):
                connector = await known.connector(account.id, why="ask for rates")
                if isinstance(connector, QuotesRates):
                    self._asked.append((account, connector))
        if self._asked:
            self._request = RateRequest(
                sender=await known.sender(order.seller_id, order.warehouse_id),
                recipient=msgspec.convert(order.shipping_address, PostalAddress),
                weight_g=parcel.weight_g,
                length_mm=parcel.length_mm,
                width_mm=parcel.width_mm,
                height_mm=parcel.height_mm,
            )

    async def ask(self) -> list[Rated]:
        """Ask one carrier after the other; one that fails does not hide the others."""
        found: list[Rated] = []
        for account, connector in self._asked:
            if self._request is None:
                break
            try:
                found.append(Rated(account=account, rates=await connector.quote(self._request)))
            except EntrepotError as error:
                found.append(Rated(account=account, rates=(), problem=error.detail))
        return found
