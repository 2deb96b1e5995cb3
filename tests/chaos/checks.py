"""What must be true afterwards, asked of the database as its owner and of the sandbox.  Each check names every violation."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tests.chaos.hub import CLIENT, Hub

MOST_NAMED = 5

BOOKS = {
    "a shelf's stock is not the sum of its ledger and its reservations": """
        WITH moves AS (
            SELECT product_id, location_id, lot, sum(quantity) AS on_hand FROM stock_move GROUP BY 1, 2, 3
        ), promised AS (
            SELECT product_id, location_id, lot, sum(quantity) AS reserved FROM reservation GROUP BY 1, 2, 3
        )
        SELECT product_id, location_id, l.on_hand, m.on_hand AS moved, l.reserved, p.reserved AS promised
        FROM stock_level l FULL JOIN moves m USING (product_id, location_id, lot)
            FULL JOIN promised p USING (product_id, location_id, lot)
        WHERE coalesce(l.on_hand, 0) <> coalesce(m.on_hand, 0) OR coalesce(l.reserved, 0) <> coalesce(p.reserved, 0)
            OR l.reserved > l.on_hand
    """,
    "a product's stock is not the sum of its shelves": """
        SELECT t.product_id, t.on_hand, t.reserved, l.on_hand AS shelves, l.reserved AS promised
        FROM stock_total t LEFT JOIN (
            SELECT product_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM stock_level GROUP BY 1
        ) l USING (product_id)
        WHERE t.on_hand <> coalesce(l.on_hand, 0) OR t.reserved <> coalesce(l.reserved, 0) OR t.reserved > t.on_hand
    """,
    "a line's reservations are not what it has to send": """
        WITH needed AS (
            SELECT l.id AS line_id, coalesce(c.component_id, l.product_id) AS product_id,
                sum(coalesce(c.quantity, 1) * (l.quantity - l.quantity_cancelled - l.quantity_shipped)) AS units
            FROM order_line l JOIN sales_order o ON o.id = l.order_id
                LEFT JOIN bundle_component c ON c.bundle_id = l.product_id
            WHERE l.reserved AND o.status NOT IN ('shipped', 'delivered', 'cancelled')
                AND l.quantity > l.quantity_cancelled + l.quantity_shipped
            GROUP BY 1, 2
        ), held AS (
            SELECT order_line_id AS line_id, product_id, sum(quantity) AS units FROM reservation GROUP BY 1, 2
        )
        SELECT line_id, product_id, n.units AS needed, h.units AS reserved
        FROM needed n FULL JOIN held h USING (line_id, product_id)
        WHERE n.units IS DISTINCT FROM h.units
    """,
    "a reservation belongs to no line, or to a line of another order": """
        SELECT r.id, r.order_line_id FROM reservation r LEFT JOIN order_line l ON l.id = r.order_line_id
        WHERE l.id IS NULL OR l.order_id <> r.order_id
    """,
    "an order waits although its stock is there": """
        SELECT o.number, l.sku, l.quantity - l.quantity_cancelled AS needed, t.available
        FROM order_line l JOIN sales_order o ON o.id = l.order_id JOIN stock_total t ON t.product_id = l.product_id
        WHERE o.status = 'pending' AND o.attention = '[]' AND o.held_at IS NULL AND NOT l.reserved
            AND l.quantity - l.quantity_cancelled - l.quantity_shipped BETWEEN 1 AND t.available
            AND NOT EXISTS (SELECT 1 FROM bundle_component c WHERE c.bundle_id = l.product_id)
    """,
    "an order has no lines, or a line no order": """
        SELECT o.number, l.id FROM sales_order o FULL JOIN order_line l ON l.order_id = o.id
        WHERE o.id IS NULL OR l.id IS NULL
    """,
    "a channel's line is in two order lines": """
        SELECT o.number, l.channel_line_id, count(*) FROM order_line l JOIN sales_order o ON o.id = l.order_id
        WHERE l.channel_line_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "an order was announced more than once, or never": """
        SELECT o.number, count(e.id) FROM sales_order o
            LEFT JOIN event e ON e.subject_id = o.id AND e.topic = 'orders.order_imported'
        GROUP BY 1 HAVING count(e.id) <> 1
    """,
    "a received document was neither imported nor given a reason": """
        SELECT document_id, state, reason FROM inbox_document
        WHERE state = 'received' OR (state = 'attention' AND reason = '') OR (state = 'imported' AND order_id IS NULL)
    """,
    "a reaction could not handle an event": "SELECT reaction, topic, error FROM reaction_failure",
    "a run hangs": """
        SELECT job, state, note, error_text FROM job_run WHERE state IN ('queued', 'running', 'waiting')
            AND due_at < now() + interval '10 s' AND job NOT LIKE 'offers.%'
    """,  # offers go on being published: they are not what this is about
    "the engine has work that the runs do not": """
        SELECT w.workflow_uuid, w.status, r.state FROM dbos.workflow_status w
            LEFT JOIN job_run r ON r.id::text = w.workflow_uuid
        WHERE w.status IN ('PENDING', 'ENQUEUED') AND (r.id IS NULL OR r.state NOT IN ('queued', 'running', 'waiting'))
    """,
}


async def check_books(hub: Hub) -> list[str]:
    """Check what needs nothing but our own database."""
    violations: list[str] = []
    for what, query in BOOKS.items():
        rows = await hub.sql(query)
        if rows:
            named = "; ".join(str(dict(row)) for row in rows[:MOST_NAMED])
            violations.append(f"{what} ({len(rows)}): {named}")
    return violations


async def check_orders(hub: Hub, account_id: UUID, truth: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Check that every order of the marketplace is here once, with the marketplace's quantities."""
    violations: list[str] = []
    known = await hub.sql("SELECT channel_order_id FROM sales_order WHERE channel_account_id = $1", account_id)
    count = Counter(row["channel_order_id"] for row in known)
    for what, wrong in (
        ("orders of the marketplace are missing", [one for one in truth if one not in count]),
        ("orders are here more than once", [one for one, times in count.items() if times > 1]),
        ("orders are here that the marketplace does not know", [one for one in count if one not in truth]),
    ):
        if wrong:
            violations.append(f"{what} ({len(wrong)}): {', '.join(wrong[:MOST_NAMED])}")
    ours = {
        row["channel_line_id"]: (row["channel_order_id"], row["quantity"], row["quantity_cancelled"])
        for row in await hub.sql(
            "SELECT o.channel_order_id, l.channel_line_id, l.quantity, l.quantity_cancelled"
            " FROM order_line l JOIN sales_order o ON o.id = l.order_id WHERE o.channel_account_id = $1",
            account_id,
        )
    }
    theirs = {
        item["order_item_id"]: (order_id, item["quantity"], item["cancelled"])
        for order_id, order in truth.items()
        if order_id in count
        for item in order["items"]
    }
    wrong = [
        f"{line}: here {ours.get(line)}, there {theirs.get(line)}"
        for line in sorted(ours.keys() | theirs.keys())
        if ours.get(line) != theirs.get(line)
    ]
    if wrong:
        violations.append(f"lines differ from the marketplace's ({len(wrong)}): {'; '.join(wrong[:MOST_NAMED])}")
    return violations


async def check_pushes(
    hub: Hub, account_id: UUID, shipped: Mapping[str, str], *, client: str = CLIENT, theirs: str = ""
) -> list[str]:
    """Check that the marketplace was told about every parcel once.

    Args:
        hub: whose pushes.
        account_id: of the channel account.
        shipped: order id in the sandbox -> tracking code.
        client: the account's name in the sandbox.
        theirs: how violations begin.
    """
    violations: list[str] = []
    figures = await hub.sandbox.figures(client)
    if figures["shipped_more_than_once"]:
        violations.append(f"shipments were pushed more than once: {figures['shipped_more_than_once']}")
    if figures["duplicates_refused"]:
        violations.append(f"the marketplace refused {figures['duplicates_refused']} shipments it had already")
    state = await hub.sandbox.ask("/state")
    there = {one["order_id"]: one for one in state["orders"]}
    wrong = [
        f"{order_id} is {there[order_id]['state']} with {there[order_id]['tracking']}, ours is {tracking}"
        for order_id, tracking in shipped.items()
        if there[order_id]["state"] != "shipped" or there[order_id]["tracking"] != [tracking]
    ]
    if wrong:
        violations.append(
            f"orders are not as shipped at the marketplace ({len(wrong)}): {'; '.join(wrong[:MOST_NAMED])}"
        )
    rows = await hub.sql(
        "SELECT state, in_doubt, attempts, last_error FROM channel_push WHERE state <> 'confirmed' AND account_id = $1",
        account_id,
    )
    if rows:
        named = "; ".join(str(dict(row)) for row in rows[:MOST_NAMED])
        violations.append(f"pushes are not confirmed ({len(rows)}): {named}")
    pushes = await hub.value("SELECT count(*) FROM channel_push WHERE account_id = $1", account_id)
    if pushes != len(shipped):
        violations.append(f"{len(shipped)} parcels left and {pushes} are to be told")
    twice = await hub.sql(
        "SELECT subject_id, payload ->> 'shipment_id' AS shipment, count(*) FROM event"
        " WHERE topic = 'fulfilment.push_confirmed' GROUP BY 1, 2 HAVING count(*) > 1"
    )
    if twice:
        violations.append(f"pushes were confirmed more than once ({len(twice)})")
    return [f"{theirs}{violation}" for violation in violations]
