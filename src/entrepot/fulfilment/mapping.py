"""What each channel account calls the carriers that we, or the ERP, ship with."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import ChannelCarrier, ListsCarriers
from entrepot.fulfilment.errors import UnknownChannelCarrierError
from entrepot.fulfilment.events import CarrierMapped
from entrepot.fulfilment.owing import have_told
from entrepot.fulfilment.repository import MappingRepository, PushRepository
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.text import N_
from entrepot.orders.service import Attention, OrderService

FRESH = timedelta(days=1)
"""How long a list of carriers counts; a channel seldom takes a new one on."""
UNMAPPED = N_("“{name}” is not told yet: choose what it calls “{carrier}” on its carriers page.")

type Chosen = Mapping[tuple[str, str], str]
"""Our carrier and service (or an empty text for all of them) -> the channel's code."""


def plain(name: str) -> str:
    """Return a carrier's name or code without what people write differently."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def code_for(carrier: str, service: str, chosen: Chosen, accepted: Sequence[ChannelCarrier]) -> str | None:
    """Return what the channel calls a carrier: as somebody chose, else the one of its list with that name; else None.

    What was chosen and is no longer on the list counts all the same: the channel says so if it minds.
    """
    for named in ((carrier, service), (carrier, "")):
        if named in chosen:
            return chosen[named]
    said = plain(carrier)
    for one in accepted:
        if said and said in {plain(one.code), plain(one.name), *map(plain, one.known_as)}:
            return one.code
    return None


class CarrierMappings:
    """The mapping of channel accounts within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._mappings = MappingRepository(session)

    async def chosen(self, account_id: UUID) -> Chosen:
        """Return what people chose for an account."""
        return await self._mappings.chosen(account_id)

    async def accepted(self, account_id: UUID, *, fresh: bool = False) -> list[ChannelCarrier] | None:
        """Return the carriers that the account accepts, as it said last; None: it never did, or with *fresh* too long ago."""
        stored = await self._mappings.list_of(account_id)
        if stored is None or (fresh and stored[1] < now() - FRESH):
            return None
        return msgspec.convert(stored[0], list[ChannelCarrier])

    async def waiting(self, account_id: UUID) -> int:
        """Return how many parcels wait for somebody to map their carrier."""
        return await self._mappings.waiting(account_id)

    async def remember(self, account: AccountRef, carriers: Sequence[ChannelCarrier]) -> None:
        """Store what the channel says it accepts, and look again at what waited for it."""
        await self._mappings.store_list(
            {
                "account_id": account.id,
                "seller_id": account.seller_id,
                "carriers": [msgspec.to_builtins(one) for one in carriers],
                "read_at": now(),
            }
        )

    async def choose(self, account: AccountRef, carrier: str, service: str, code: str) -> None:
        """Say what the channel calls a carrier; an empty *code* takes that back.  News that waited for it goes out.

        Raises:
            UnknownChannelCarrierError: the channel accepts no such carrier.
        """
        accepted = await self.accepted(account.id) or []
        if code and accepted and code not in {one.code for one in accepted}:
            raise UnknownChannelCarrierError(channel=account.name, carrier=code[:60])
        if code:
            await self._mappings.store(
                {
                    "account_id": account.id,
                    "carrier": carrier,
                    "service": service,
                    "seller_id": account.seller_id,
                    "code": code,
                    "changed_at": now(),
                }
            )
        else:
            await self._mappings.remove(account.id, carrier, service)
        await outbox.record(
            self._session,
            CarrierMapped(
                seller_id=account.seller_id,
                subject_id=account.id,
                carrier=carrier,
                service=service,
                code=code,
            ),
        )
        orders = await PushRepository(self._session).wake_carrier(account.id, carrier, now())
        if orders:
            await OrderService(self._session).drop_attention(orders, Attention.CARRIER_UNMAPPED)
            await have_told(self._session, account.seller_id, account.id)


async def read_carriers(connector: ListsCarriers) -> list[ChannelCarrier]:
    """Return the channel's carriers, by name."""
    return sorted(await connector.carriers(), key=lambda one: (one.name.casefold(), one.code))
