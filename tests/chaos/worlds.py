"""The worlds that runs are attacked in: bol alone, whose orders we ship, and Temu with a JTL-Wawi that ships them."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol
from uuid import UUID

from pydantic import SecretStr

from entrepot.channels.connections import Connections
from entrepot.channels.service import ChannelService
from entrepot.connectors.jtl.credentials import JtlCredentials
from entrepot.erp.connections import ErpConnections
from entrepot.erp.service import ErpService
from entrepot.flows.tasks import InventoryRun, OrderRun
from entrepot.jobs import service as jobs
from entrepot.sandbox.retail.export import catalogue_rows
from tests.chaos.hub import TEMU, Hub
from tests.chaos.importing import FAULTS as BOL_ORDER_FAULTS

ORDERS: Final = "flows.order_run"
INVENTORY: Final = "flows.inventory_run"
type Job = Literal["flows.order_run", "flows.inventory_run"]
type Faults = tuple[Mapping[str, object], ...]

OFFERS, OFFER = "GET /retailer/offers", "PATCH /retailer/offers/*"
BOL_OFFER_FAULTS: Faults = (
    {"kind": "slow", "endpoint": OFFER, "probability": 0.5, "seconds": 0.3},
    {"kind": "500", "endpoint": OFFER, "probability": 0.1, "applied": True},
    {"kind": "503", "endpoint": OFFER, "probability": 0.05},
    {"kind": "429", "endpoint": OFFER, "probability": 0.02, "seconds": 1},
    {"kind": "expired_token", "endpoint": OFFER, "probability": 0.02},
    {"kind": "500", "endpoint": OFFERS, "probability": 0.1},
    {"kind": "broken_json", "endpoint": OFFERS, "probability": 0.05},
    {"kind": "slow", "endpoint": OFFERS, "probability": 0.5, "seconds": 0.3},
)
LIST, DETAIL, ADDRESS = "POST bg.order.list.*", "POST bg.order.detail.*", "POST bg.order.*shippinginfo*"
AMOUNTS, CONFIRM, PARCELS = (
    "POST temu.order.amount.*",
    "POST bg.logistics.shipment.v2.confirm",
    "POST *.shipment.v2.get",
)
TEMU_ORDER_FAULTS: Faults = (
    {"kind": "duplicate_entries", "endpoint": LIST, "probability": 0.5},
    {"kind": "shuffled_pages", "endpoint": LIST, "probability": 0.5},
    {"kind": "500", "endpoint": LIST, "probability": 0.2},
    {"kind": "429", "endpoint": LIST, "probability": 0.2},
    {"kind": "slow", "endpoint": DETAIL, "probability": 0.3, "seconds": 0.4},
    {"kind": "429", "endpoint": DETAIL, "probability": 0.03},
    {"kind": "500", "endpoint": DETAIL, "probability": 0.05},
    {"kind": "truncated", "endpoint": DETAIL, "probability": 0.03},
    {"kind": "order_changes", "endpoint": DETAIL, "probability": 0.05},
    {"kind": "buyer_cancels", "endpoint": DETAIL, "probability": 0.02},
    {"kind": "503", "endpoint": ADDRESS, "probability": 0.05},
    {"kind": "broken_json", "endpoint": AMOUNTS, "probability": 0.05},
    {"kind": "500", "endpoint": CONFIRM, "probability": 0.3, "applied": True},
    {"kind": "timeout", "endpoint": CONFIRM, "probability": 0.1, "seconds": 1, "applied": True},
    {"kind": "broken_json", "endpoint": CONFIRM, "probability": 0.2},
    {"kind": "429", "endpoint": CONFIRM, "probability": 0.1},
    {"kind": "slow", "endpoint": CONFIRM, "probability": 0.7, "seconds": 0.5},
    {"kind": "500", "endpoint": PARCELS, "probability": 0.2},
    {"kind": "expired_token", "endpoint": DETAIL, "probability": 0.05, "count": 1},
)
SKUS, STOCK = "POST bg.local.goods.sku.list.query", "POST bg.local.goods.stock.edit"
TEMU_OFFER_FAULTS: Faults = (
    {"kind": "slow", "endpoint": STOCK, "probability": 0.5, "seconds": 0.3},
    {"kind": "500", "endpoint": STOCK, "probability": 0.1, "applied": True},
    {"kind": "timeout", "endpoint": STOCK, "probability": 0.03, "seconds": 1, "applied": True},
    {"kind": "broken_json", "endpoint": STOCK, "probability": 0.05},
    {"kind": "503", "endpoint": STOCK, "probability": 0.05},
    {"kind": "429", "endpoint": STOCK, "probability": 0.05},
    {"kind": "500", "endpoint": SKUS, "probability": 0.05},
    {"kind": "duplicate_entries", "endpoint": SKUS, "probability": 0.3},
    {"kind": "broken_json", "endpoint": SKUS, "probability": 0.03},
    {"kind": "expired_token", "endpoint": STOCK, "probability": 0.05, "count": 1},
)
ERP_FAULTS = ("away", "slow", "refuse", "asleep", "late", "folder")
"""The database is away for seconds; answers late; JTL-Worker refuses orders, does nothing, sends late; no drop folder."""
MOST_FAULTS = 5
"""At a time, of each outside system."""
OFFERS_TO_SEND = 80
"""By one inventory run at bol, which takes 25 a second; at Temu, which takes 19 of everything, half of it."""
ARTICLES_COUNTED = 15
NEW_ORDERS = 4
STORM = 40


class World(Protocol):
    """One channel account, and whatever it works with."""

    name: str
    account_id: UUID

    async def heal(self, dice: random.Random) -> None:
        """Let everything outside be well, as people do after a bad day, and choose what they may choose."""
        ...

    async def spoil(self, job: Job, dice: random.Random) -> str:
        """Let things go wrong during a run; say what."""
        ...

    async def work_for(self, job: Job, dice: random.Random) -> None:
        """Give the next run something to do."""
        ...


async def press(hub: Hub, world: World, job: Job) -> UUID:
    """Press “Run now”."""
    args: Any = (OrderRun if job == ORDERS else InventoryRun)(seller_id=hub.seller_id, account_id=world.account_id)
    async with hub.transaction() as session:
        return await jobs.enqueue(session, args)


async def _misbehave(hub: Hub, faults: Faults, dice: random.Random, client: str = "*") -> str:
    chosen = dice.sample(faults, dice.randint(0, min(MOST_FAULTS, len(faults))))
    await hub.sandbox.misbehave(*({**fault, "client_id": client} for fault in chosen))
    return f"{len(chosen)} faults"


async def _send_again(hub: Hub, world: World, count: int) -> None:
    """Let so many offers count as not told, as after a restore of the channel."""
    await hub.sql(
        "UPDATE offer o SET published_quantity = NULL FROM (SELECT id FROM offer WHERE id IN (SELECT id FROM offer"
        " WHERE product_id IS NOT NULL AND account_id = $1 ORDER BY random() LIMIT $2) ORDER BY id FOR NO KEY UPDATE) c"
        " WHERE o.id = c.id",  # in the order in which everybody locks offers
        world.account_id,
        count,
    )


class Bol:
    """bol alone."""

    name = "bol"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.account_id = hub.account_id

    async def heal(self, dice: random.Random) -> None:
        del dice
        await self._hub.sandbox.behave()

    async def spoil(self, job: Job, dice: random.Random) -> str:
        return await _misbehave(self._hub, BOL_ORDER_FAULTS if job == ORDERS else BOL_OFFER_FAULTS, dice)

    async def work_for(self, job: Job, dice: random.Random) -> None:
        hub = self._hub
        if job == INVENTORY:
            await _send_again(hub, self, OFFERS_TO_SEND)
            return
        rows = await hub.sql(
            "SELECT channel_order_id FROM sales_order WHERE channel_account_id = $1 ORDER BY 1", self.account_id
        )
        for row in dice.sample(rows, min(30, len(rows))):
            await hub.sandbox.tell(f"/orders/{row['channel_order_id']}/change")


class TemuWithErp:
    """Temu, and the JTL-Wawi that its orders go to."""

    name = "temu+jtl"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.account_id = hub.temu_id
        self._way: Literal["insert", "file"] = "insert"
        self._hidden = hub.drop.with_name("drop-hidden")
        self._back: asyncio.Task[None] | None = None
        self._skus = [row["sku"] for row in catalogue_rows()]

    async def heal(self, dice: random.Random) -> None:
        hub = self._hub
        if self._back is not None:
            await self._back
            self._back = None
        await hub.sandbox.behave()
        await hub.sandbox.tell("/temu/", app_key=TEMU, token_days=180, masked=dice.random() < 0.3)
        await hub.sandbox.tell("/jtl/faults", away=False, slow=0, refuse=0, asleep=False, send_seconds=2)
        await self._enter_token()
        await self._choose_way("file" if dice.random() < 0.3 else "insert")

    async def _enter_token(self) -> None:
        """Enter the token again that Temu had declared void, as the page of the account asks a person to."""
        hub = self._hub
        if await hub.value("SELECT health FROM channel_account WHERE id = $1", self.account_id) != "rejected":
            return
        connections = Connections.of(hub.database, hub.instance.box, hub.settings)
        try:
            async with hub.transaction() as session:
                channels = ChannelService(session, connections)
                account = await channels.account(self.account_id)
                await channels.change(
                    account.id,
                    name=account.name,
                    prefix=account.prefix,
                    warehouse_id=account.warehouse_id,
                    credentials=await channels.stored_credentials(account.id),
                )
        finally:
            await connections.aclose()

    async def _choose_way(self, way: Literal["insert", "file"]) -> None:
        """Hand orders over in the other way, once JTL-Worker has taken what waits."""
        hub = self._hub
        if way == self._way:
            return
        await hub.sandbox.tell("/jtl/work")
        connections = ErpConnections.of(hub.database, hub.instance.box, hub.settings)
        credentials = JtlCredentials(way=way, folder=str(hub.drop), database_url=SecretStr(hub.wawi))
        try:
            async with hub.transaction() as session:
                await ErpService(session, connections).change(hub.erp_id, credentials=credentials)
        finally:
            await connections.aclose()
        self._way = way

    async def spoil(self, job: Job, dice: random.Random) -> str:
        hub = self._hub
        faults = TEMU_ORDER_FAULTS if job == ORDERS else TEMU_OFFER_FAULTS
        told = [await _misbehave(hub, faults, dice, TEMU)]
        if job == ORDERS and dice.random() < 0.4:
            for _ in range(3):
                await hub.sandbox.tell("/temu/storm", count=STORM, app_key=TEMU)
            told.append("each notice three times")
        possible = [one for one in ERP_FAULTS if one != "folder" or self._way == "file"]
        for one in dice.sample(possible, dice.randint(0, 2)):
            await self._spoil_erp(one, dice)
            told.append(f"ERP {one}")
        return ", ".join([*told, f"orders go by {self._way}"])

    async def _spoil_erp(self, what: str, dice: random.Random) -> None:
        tell = self._hub.sandbox.tell
        match what:
            case "away":
                await tell("/jtl/faults", away=True)
                self._come_back(dice.uniform(0.5, 4))
            case "slow":
                await tell("/jtl/faults", slow=dice.uniform(0.2, 1.0))
            case "refuse":
                await tell("/jtl/faults", refuse=1)
            case "asleep":
                await tell("/jtl/faults", asleep=True)
            case "late":
                await tell("/jtl/faults", send_seconds=60)
            case _:
                self._hub.drop.rename(self._hidden)
                self._come_back(dice.uniform(0.5, 4))

    def _come_back(self, seconds: float) -> None:
        before = self._back

        async def back() -> None:
            await asyncio.sleep(seconds)
            if before is not None:
                await before
            if self._hidden.exists():
                self._hidden.rename(self._hub.drop)
            await self._hub.sandbox.tell("/jtl/faults", away=False)

        self._back = asyncio.create_task(back())

    async def work_for(self, job: Job, dice: random.Random) -> None:
        hub = self._hub
        if job == INVENTORY:
            for sku in dice.sample(self._skus, ARTICLES_COUNTED):
                await hub.sandbox.tell(
                    "/jtl/stock", sku=sku, warehouse=dice.choice((1, 2)), quantity=dice.randint(0, 90)
                )
            await _send_again(hub, self, OFFERS_TO_SEND // 2)
            return
        for _ in range(NEW_ORDERS):
            skus = dice.sample(self._skus, dice.randint(1, 3))
            lines = [{"sku": sku, "quantity": dice.randint(1, 4)} for sku in skus]
            await hub.sandbox.tell("/orders", client_id=TEMU, lines=lines, country=dice.choice(("NL", "DE")))

    async def cancel_by_hand(self) -> None:
        """Cancel at Temu what the hub asks a person to cancel there: buyers had asked for it."""
        hub = self._hub
        rows = await hub.sql(
            "SELECT o.channel_order_id, l.channel_line_id, l.quantity_cancelled FROM sales_order o"
            " JOIN order_line l ON l.order_id = o.id WHERE o.channel_account_id = $1 AND l.quantity_cancelled > 0"
            " AND o.attention ? 'cancelled_at_channel'",
            self.account_id,
        )
        for row in rows:
            order_id = sandbox_number(row["channel_order_id"])
            item_id = row["channel_line_id"].partition("-")[2]
            order = await hub.sandbox.ask(f"/orders/{order_id}")
            (item,) = (one for one in order["items"] if one["order_item_id"] == item_id)
            if units := row["quantity_cancelled"] - item["cancelled"]:
                await hub.sandbox.tell(f"/orders/{order_id}/cancel", order_item_id=item_id, quantity=units)


def sandbox_number(number: str) -> str:
    """Return the sandbox's own number of an order at Temu."""
    return f"C{number.rpartition('-')[2]}"
