"""What the world looks like: counts, and lists for people and tests."""

from collections import Counter
from datetime import datetime

import msgspec

from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import Order
from entrepot.sandbox.world import World


class AccountFigures(msgspec.Struct):
    """Counts of one account.

    ``shipped_more_than_once`` holds order items that were pushed in more than one accepted request although the first
    push already took all their units, with the number of requests; it is empty when every shipment was pushed once.
    """

    client_id: str
    shop: str
    orders: int
    order_items: int
    orders_by_state: dict[str, int]
    shipments: int
    processes_by_status: dict[str, int]
    offers: int
    orders_per_minute: float | None
    replay_over: bool
    items_pushed: int
    items_shipped: int
    shipped_more_than_once: dict[str, int]
    duplicates_refused: int
    oversold_units: int
    lost_orders: int
    late_cancellations: int


class Figures(msgspec.Struct):
    """Counts of the world."""

    now: datetime
    seed: int
    requests: int
    mutations: int
    mails: int
    parcels_by_status: dict[str, int]
    carrier_speed: float
    accounts: list[AccountFigures]


class OrderFigures(msgspec.Struct):
    """An order in short."""

    order_id: str
    client_id: str
    state: str
    placed: datetime
    changed: datetime
    buyer: str
    country: str
    items: int
    units: int
    units_shipped: int
    units_cancelled: int
    tracking: list[str]
    source: str


def figures(world: World) -> Figures:
    """Count everything."""
    return Figures(
        now=world.tick(),
        seed=world.options.seed,
        requests=world.traffic.count,
        mutations=len(world.traffic.mutations),
        mails=len(world.mails),
        parcels_by_status=Counter(parcel.status for parcel in world.parcels.parcels.values()),
        carrier_speed=world.parcels.speed,
        accounts=[_of_account(world, account) for account in world.accounts.values()],
    )


def _of_account(world: World, account: Account) -> AccountFigures:
    replay, attempts = world.replays[account.client_id], account.processes.attempts()
    repeated = {item: count for item, count in attempts.items() if count > _pushes_needed(account, item)}
    return AccountFigures(
        client_id=account.client_id,
        shop=account.options.shop,
        orders=len(account.orders),
        order_items=account.orders.item_count,
        orders_by_state=Counter(order.state for order in account.orders.orders.values()),
        shipments=len(account.shipments),
        processes_by_status=Counter(process.status for process in account.processes.processes.values()),
        offers=len(account.offers),
        orders_per_minute=replay.speed if replay.speed != float("inf") else None,
        replay_over=replay.is_over,
        items_pushed=len(attempts),
        items_shipped=sum(item.shipped > 0 for order in account.orders.shipped.values() for item in order.items),
        shipped_more_than_once=repeated,
        duplicates_refused=account.tally.refused_again,
        oversold_units=account.tally.oversold_units,
        lost_orders=account.tally.lost_orders,
        late_cancellations=account.tally.late_cancellations,
    )


def _pushes_needed(account: Account, order_item_id: str) -> int:
    """Shipments that really took units of an order item; a partly shipped item needs several."""
    found = account.orders.find(order_item_id)
    if found is None:
        return 1
    taken = sum(
        line.order_item_id == order_item_id
        for shipment in account.shipments_of.get(found[0].order_id, ())
        for line in shipment.lines
    )
    return max(1, taken)


def order_figures(account: Account, order: Order) -> OrderFigures:
    """An order in short."""
    return OrderFigures(
        order_id=order.order_id,
        client_id=account.client_id,
        state=order.state,
        placed=order.placed,
        changed=order.changed,
        buyer=f"{order.buyer.first_name} {order.buyer.surname}",
        country=order.buyer.country,
        items=len(order.items),
        units=sum(item.quantity for item in order.items),
        units_shipped=sum(item.shipped for item in order.items),
        units_cancelled=sum(item.cancelled for item in order.items),
        tracking=[s.tracking for s in account.shipments_of.get(order.order_id, ()) if s.tracking],
        source=order.source,
    )


def latest_orders(world: World, count: int, client_id: str | None = None) -> list[OrderFigures]:
    """Orders that changed last, of one account or all."""
    found = [
        order_figures(account, order)
        for account in world.accounts.values()
        if client_id in {None, account.client_id}
        for order in account.orders.latest(count)
    ]
    return sorted(found, key=lambda order: order.changed, reverse=True)[:count]
