"""REST API v1 of the stock of channel accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.offers.domain import MOST
from entrepot.offers.service import LONGEST_AGE, OfferService
from entrepot.offers.standing import AccountStock, DriftView, account_stocks, drifts

type Units = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class StockRules(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What holds for every offer of an account that does not say otherwise itself."""

    buffer: Units = 0
    """Units held back; the product's buffer counts if it is larger."""
    maximum: Units | None = None
    paused: bool = False
    """The channel is told that there is nothing of anything."""
    pause_account: bool = False
    """Pause the account once the channel knows that."""
    oldest_minutes: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_AGE)] = 120
    version: int | None = None
    """If given, the change is refused unless it is the present one."""


class AccountStockOut(msgspec.Struct, kw_only=True):
    """The stock of a channel account in numbers."""

    account_id: UUID
    name: str
    rules: StockRules
    source: str
    """Who counts: ``own``, ``warehouse`` or ``erp``."""
    source_name: str
    source_read_at: datetime | None
    offers: dict[str, int]
    """How many offers are in each state."""
    compared: int
    """Offers read back in the last seven days."""
    differed: int
    drift: float | None
    """The share of them that said another number than the channel was told."""


class AccountStockList(msgspec.Struct):
    """Every account."""

    items: list[AccountStockOut]


class DriftList(msgspec.Struct):
    """Differences, the newest first."""

    items: list[DriftView]


class AccountStockApi(Controller):
    """Stock settings and drift of channel accounts."""

    path = "/api/v1/channel-stock"
    tags = ("offers",)

    @get(operation_id="listChannelStock", summary="List the stock of accounts", opt=needs(Right.OFFERS_READ))
    async def show_list(self, session: AsyncSession) -> AccountStockList:
        """List every channel account with its limits, its offers by state, and how far the channel drifts."""
        return AccountStockList([_out(row) for row in await account_stocks(session)])

    @put(
        "/{account_id:uuid}",
        operation_id="setStockRules",
        summary="Set the limits of an account",
        opt=needs(Right.OFFERS_MANAGE),
    )
    async def change(
        self, session: AsyncSession, account_id: FromPath[UUID], data: JSONBody[StockRules]
    ) -> AccountStockOut:
        """Set what holds for every offer of an account; what changes is sent."""
        await OfferService(session).change_rules(
            account_id,
            buffer=data.buffer,
            maximum=data.maximum,
            paused=data.paused,
            pause_account=data.pause_account,
            oldest_minutes=data.oldest_minutes,
            version=data.version,
        )
        return _out((await account_stocks(session, account_id=account_id))[0])

    @get(
        "/{account_id:uuid}/drifts",
        operation_id="listDrifts",
        summary="List differences",
        opt=needs(Right.OFFERS_READ),
    )
    async def show_drifts(self, session: AsyncSession, account_id: FromPath[UUID]) -> DriftList:
        """List where the channel said another number than it was told; the newest 200."""
        await ChannelService(session).account(account_id)
        return DriftList(await drifts(session, account_id, limit=200))


def _out(row: AccountStock) -> AccountStockOut:
    rules = row.rules
    return AccountStockOut(
        account_id=row.account.id,
        name=row.account.name,
        rules=StockRules(
            buffer=rules.buffer,
            maximum=rules.maximum,
            paused=rules.paused,
            pause_account=rules.pause_account,
            oldest_minutes=rules.oldest_minutes,
            version=rules.version,
        ),
        source=row.source,
        source_name=row.source_name,
        source_read_at=row.source_read_at,
        offers=row.states,
        compared=row.looked,
        differed=row.differed,
        drift=row.drift,
    )
