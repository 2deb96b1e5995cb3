"""What can be booked on a carrier account, and after how many quiet days its parcels are a problem."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.contract import Carrier, CarrierService
from entrepot.fulfilment.contract_carriage import ListsServices
from entrepot.fulfilment.refs import CarrierAccountRef
from entrepot.fulfilment.registry import carriers
from entrepot.fulfilment.repository import SettingsRepository
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_

QUIET_DAYS = 5
LONGEST_QUIET = 60
MOST_SERVICES = 500


class AccountServices:
    """Services and settings of carrier accounts."""

    def __init__(self, session: AsyncSession) -> None:
        self._settings = SettingsRepository(session)

    async def of(self, accounts: Iterable[CarrierAccountRef]) -> Mapping[UUID, tuple[CarrierService, ...]]:
        """Return what each account can book: what its carrier listed for it, else what the connector knows."""
        wanted = {account.id: account.carrier for account in accounts}
        listed = await self._settings.services(wanted)
        known = carriers()
        return {
            account_id: tuple(msgspec.convert(one, CarrierService) for one in listed.get(account_id, ()))
            or (known[carrier].services if carrier in known else ())
            for account_id, carrier in wanted.items()
        }

    async def learn(self, seller_id: UUID, account_id: UUID, carrier: Carrier) -> None:
        """Read an account's services from its carrier, if it lists them."""
        if isinstance(carrier, ListsServices):
            found = (await carrier.services())[:MOST_SERVICES]
            await self._settings.keep(
                seller_id, account_id, services=[{"code": one.code, "name": one.name} for one in found]
            )

    async def quiet_days(self, account_id: UUID) -> int:
        """Return after how many days without news a parcel is a problem."""
        return await self._settings.quiet_days(account_id) or QUIET_DAYS

    async def set_quiet_days(self, account: CarrierAccountRef, days: int) -> None:
        """Say so.

        Raises:
            InvalidInputError: it is no sensible number.
        """
        if not 1 <= days <= LONGEST_QUIET:
            raise InvalidInputError({"quiet_days": N_("Enter a number of days from 1 to 60.")})
        await self._settings.keep(account.seller_id, account.id, quiet_days=days)
