"""What must be true of orders that went from Temu to a JTL-Wawi and back, asked of all three."""

from collections import Counter
from typing import Any

import asyncpg

from entrepot.sandbox.temu.shop import REGION
from tests.chaos.checks import MOST_NAMED, check_pushes
from tests.chaos.hub import TEMU, Hub
from tests.chaos.killing import say
from tests.chaos.worlds import sandbox_number

ALL = 100_000


def temu_number(order_id: str) -> str:
    """Return Temu's number of an order of the sandbox."""
    return f"PO-{REGION:03}-{order_id[1:]}"


async def temu_orders(hub: Hub) -> dict[str, dict[str, Any]]:
    """Return every order of the shop under Temu's numbers."""
    found = await hub.sandbox.orders(TEMU)
    for order in found.values():
        for item in order["items"]:
            item["order_item_id"] = f"{REGION:03}-{item['order_item_id']}"
    return {temu_number(order_id): order for order_id, order in found.items()}


async def check_circle(hub: Hub) -> list[str]:
    """Check that the ERP has each order once, sent it once, and that Temu was told about each parcel once."""
    violations: list[str] = []
    there = (await hub.sandbox.ask(f"/jtl?limit={ALL}"))["orders"]
    taken = Counter(one["reference"] for one in there if one["state"] in {"imported", "sent"})
    refused = {one["reference"] for one in there if one["state"] == "refused"}
    again = Counter(one["reference"] for one in there if one["state"] == "duplicate")
    sent = {one["reference"]: one["tracking"] for one in there if one["state"] == "sent"}
    orders = await temu_orders(hub)
    rows = await hub.sql(
        "SELECT number, channel_order_id, status, attention, held_at FROM sales_order WHERE channel_account_id = $1",
        hub.temu_id,
    )
    ours = {row["channel_order_id"]: row for row in rows}
    told = await hub.sql(
        "SELECT o.channel_order_id, o.number, s.tracking_code FROM shipment s JOIN sales_order o ON o.id = s.order_id"
        " WHERE s.shipped_at IS NOT NULL AND o.channel_account_id = $1",
        hub.temu_id,
    )
    parcels = Counter(row["channel_order_id"] for row in told)
    wanted = {
        number: ours[number]
        for number, order in orders.items()
        if number in ours and not any(item["cancellation_requested"] or item["cancelled"] for item in order["items"])
    }
    for what, wrong in {
        "the ERP has orders more than once": [one for one, times in taken.items() if times > 1],
        "orders wait for the ERP": [
            f"{row['number']} ({row['status']}, {row['attention']})"
            for row in wanted.values()
            if row["number"] not in taken and row["number"] not in refused
        ],
        "orders left the ERP and not us": [
            f"{row['number']} ({row['status']}, {row['attention']})"
            for number, row in ours.items()
            if row["number"] in sent and (row["status"] not in {"shipped", "delivered"} or parcels[number] != 1)
        ],
        "orders left us and not the ERP": [row["number"] for row in told if row["number"] not in sent],
        "parcels have other codes than the ERP's": [
            f"{row['number']}: {row['tracking_code']}"
            for row in told
            if row["number"] in sent and row["tracking_code"] not in sent[row["number"]]
        ],
        "a reference is no order of ours": [
            one for one in taken if one not in {row["number"] for row in ours.values()}
        ],
    }.items():
        if wrong:
            violations.append(f"{what} ({len(wrong)}): {'; '.join(wrong[:MOST_NAMED])}")
    shipped = {sandbox_number(row["channel_order_id"]): row["tracking_code"] for row in told}
    violations += await check_pushes(hub, hub.temu_id, shipped, client=TEMU, theirs="Temu: ")
    left = [one.name for one in hub.drop.iterdir()]
    if left:
        violations.append(f"files stay in the drop folder ({len(left)}): {', '.join(left[:MOST_NAMED])}")
    ways = await hub.sql("SELECT way, count(*) FROM erp_hand_over GROUP BY 1 ORDER BY 1")
    say(
        f"  Temu: {len(orders)} orders, {len(told)} parcels told; ERP: {len(taken)} orders"
        f" ({', '.join(f'{row["count"]} by {row["way"]}' for row in ways)}), {len(refused - set(taken))} refused for a"
        f" person to look at, {sum(again.values())} given again after a kill and refused by its own check"
    )
    return violations


STOCK = """
    SELECT a."cArtNr" AS sku, sum(greatest(0, floor(s."fBestand") - greatest(0, a."nPuffer"))) AS units
    FROM dbo."tArtikel" a JOIN dbo."vLagerbestandProLager" s USING ("kArtikel")
    JOIN dbo."tWarenLager" w ON w."kWarenLager" = s."kWarenlager" AND w."nAktiv" = 1 GROUP BY 1
"""


async def check_stock(hub: Hub) -> list[str]:
    """Check that Temu says of every SKU what the ERP has."""
    connection = await asyncpg.connect(hub.wawi)
    try:
        there = {row["sku"]: int(row["units"]) for row in await connection.fetch(STOCK)}
    finally:
        await connection.close()
    rows = await hub.sql(
        "SELECT p.sku, f.wanted_quantity, f.channel_quantity FROM offer f JOIN product p ON p.id = f.product_id"
        " WHERE f.account_id = $1 AND f.gone_at IS NULL AND NOT f.on_hold AND f.problem = ''",
        hub.temu_id,
    )
    wrong = [
        f"{row['sku']}: ERP {there.get(row['sku'])}, decided {row['wanted_quantity']}, Temu {row['channel_quantity']}"
        for row in rows
        if there.get(row["sku"]) != row["channel_quantity"]
    ]
    say(f"  Temu: {len(rows)} SKUs compared with the ERP's stock")
    return [f"Temu says other numbers than the ERP ({len(wrong)}): {'; '.join(wrong[:MOST_NAMED])}"] if wrong else []
