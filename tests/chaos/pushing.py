"""Second attack: workers die while the marketplace is told what left, and it answers too late, wrongly or not at all."""

import random
import time
from collections import deque
from collections.abc import Mapping
from uuid import UUID

from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import PostalAddress
from entrepot.fulfilment.registry import carrier_spec
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.service import FulfilmentService, LabelDesk
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.scope import Scope
from entrepot.kit.storage import open_storage
from tests.chaos.checks import check_books, check_pushes
from tests.chaos.hub import PERSON, Hub, StuckError, until
from tests.chaos.killing import SPARE, Killer, say

JOB = "fulfilment.push_shipments"
SHIP, STATUS = "POST /retailer/shipments", "POST /shared/process-status"
PROGRESS = """
    SELECT concat(count(*), ' ', sum(attempts), ' ', sum(looks), ' ', count(sent_at), ' ', count(settled_at))
    FROM channel_push
"""
MOMENTS = (
    "SELECT EXISTS (SELECT 1 FROM channel_push WHERE state = 'waiting' AND in_doubt AND next_look_at > now() + '5 s')",
    "SELECT EXISTS (SELECT 1 FROM channel_push WHERE state = 'sent')",
)
"""A notice is on its way; the marketplace works on one."""
FAULTS: tuple[Mapping[str, object], ...] = (
    {"kind": "slow", "endpoint": SHIP, "probability": 0.7, "seconds": 0.6},
    {"kind": "500", "endpoint": SHIP, "probability": 0.15, "applied": True},
    {"kind": "broken_json", "endpoint": SHIP, "probability": 0.05},
    {"kind": "timeout", "endpoint": SHIP, "probability": 0.05, "seconds": 2, "applied": True},
    {"kind": "503", "endpoint": SHIP, "probability": 0.1},
    {"kind": "429", "endpoint": SHIP, "probability": 0.05, "seconds": 1},
    {"kind": "expired_token", "endpoint": SHIP, "probability": 0.03},
    {"kind": "500", "endpoint": STATUS, "probability": 0.1},
    {"kind": "broken_json", "endpoint": STATUS, "probability": 0.05},
    {"kind": "500", "endpoint": "GET /retailer/shipments", "probability": 0.1},
)
MOST_LINES = 100
"""Items of one shipment that bol takes."""
SETTLING = 400


class PushAttack:
    """Kills while the channel is told."""

    def __init__(self, hub: Hub, dice: random.Random, *, patience: float) -> None:
        self._hub = hub
        self._dice = dice
        self.killer = Killer(
            hub, dice, job=JOB, progress=PROGRESS, moments=MOMENTS, keep_busy=self._keep_busy, patience=patience
        )
        self._labelled: deque[UUID] = deque()
        self._left = 0.0

    async def run(self, kills: int, orders: int) -> list[str]:
        """Attack; return the violations."""
        hub = self._hub
        await self._prepare(orders)
        await hub.sandbox.misbehave(*FAULTS)
        await hub.ready(SPARE)
        every = max(1, len(self._labelled) // (kills + 1))
        for _ in range(kills):
            for _ in range(every):
                await self._ship()
            await self.killer.strike()
        while self._labelled:
            await self._ship()
        await self.killer.finish()
        await hub.sandbox.behave()
        await self._settle()
        shipped = {
            row["channel_order_id"]: row["tracking_code"]
            for row in await hub.sql(
                "SELECT o.channel_order_id, s.tracking_code FROM shipment s JOIN sales_order o ON o.id = s.order_id"
                " WHERE s.shipped_at IS NOT NULL AND o.channel_account_id = $1",
                hub.account_id,
            )
        }
        figures = await hub.sandbox.figures()
        asked = await hub.sql("SELECT sum(attempts) AS asked, max(attempts) AS most FROM channel_push")
        say(
            f"  {len(shipped)} orders left; {asked[0]['asked']} notices sent, at most {asked[0]['most']} for one parcel"
        )
        say(
            f"  marketplace: {figures['shipments']} shipments, {figures['duplicates_refused']} refused as duplicates,"
            f" {len(figures['shipped_more_than_once'])} items shipped more than once"
        )
        return [*await check_pushes(hub, hub.account_id, shipped), *await check_books(hub)]

    async def _prepare(self, count: int) -> None:
        """Release, pick, pack and label orders, as people do; workers are not needed for it."""
        hub = self._hub
        await hub.ready(1)
        rows = await hub.sql(
            "SELECT id FROM sales_order WHERE status = 'reserved' AND held_at IS NULL AND attention = '[]'"
            " AND line_count <= $1 ORDER BY line_count, placed_at LIMIT $2",
            MOST_LINES,
            count,
        )
        if not rows:
            raise StuckError("No order is reserved: there is nothing to ship")
        lines = CarrierLines.of(hub.database, hub.instance.box, hub.settings)
        try:
            await self._connect_carrier(lines)
            desk = LabelDesk(
                hub.database, lines, open_storage(hub.settings), scope=Scope.of(hub.seller_id), actor=PERSON
            )
            async with hub.transaction() as session:
                released = await FulfilmentService(session).releasing.release([row["id"] for row in rows])
            for list_id in released.pick_list_ids:
                async with hub.transaction() as session:
                    for line in await ListRepository(session).lines(list_id):
                        await FulfilmentService(session).picking.pick(line.id)
            for row in rows:
                async with hub.transaction() as session:
                    parcel = await FulfilmentService(session).packing.pack(row["id"], weight_g=900)
                await desk.make(parcel.id)
                self._labelled.append(parcel.id)
        finally:
            await lines.aclose()
        say(f"  {len(self._labelled)} parcels stand labelled")

    async def _connect_carrier(self, lines: CarrierLines) -> None:
        hub = self._hub
        spec = carrier_spec("sandbox_express")
        values = {"api_url": hub.sandbox.address, "api_key": "sandbox-express-key"}
        sender = PostalAddress(
            company="Gift shop", street="Kade", house_number="3", postcode="3511 AB", city="Utrecht", country="NL"
        )
        async with hub.transaction() as session:
            carriers = Carriers(session, lines)
            if not await carriers.accounts(hub.seller_id):
                await carriers.connect(hub.seller_id, spec, parse_credentials(spec, values), name="Express")
            await carriers.set_sender(hub.seller_id, sender)

    async def _ship(self) -> None:
        if self._labelled:
            async with self._hub.transaction() as session:
                await FulfilmentService(session).shipping.ship(self._labelled.popleft())
            self._left = time.monotonic()

    async def _keep_busy(self) -> None:
        """Let a parcel leave when nothing is going on."""
        if time.monotonic() > self._left + 2:
            await self._ship()

    async def _settle(self) -> None:
        """Wait until the marketplace was told everything."""

        async def look() -> bool:
            await self.killer.hurry()
            return not await self._hub.value(
                "SELECT (SELECT count(*) FROM channel_push WHERE state IN ('waiting', 'sent')) + (SELECT count(*)"
                " FROM job_run WHERE state IN ('queued', 'running', 'waiting') AND job LIKE 'fulfilment.%')"
            )

        started = time.monotonic()
        try:
            await until("the marketplace was not told everything", look, seconds=SETTLING, every=0.5)
        except StuckError as error:
            say(f"  {error}")
        say(f"  told everything {time.monotonic() - started:.1f} s after the last kill")
