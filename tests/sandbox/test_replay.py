"""How the data set's orders happen again."""

from datetime import timedelta
from pathlib import Path

import pytest

from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.world import World, WrongSeed
from tests.sandbox.conftest import START, MakeWorld

FIRST, SECOND = "sandbox-seller-1", "sandbox-seller-2"


def facts(world: World) -> list[tuple[object, ...]]:
    return [
        (order.order_id, order.placed, order.buyer, [(i.order_item_id, i.sku, i.quantity, i.open) for i in order.items])
        for order in world.accounts[FIRST].orders.orders.values()
    ]


def test_all_orders_of_the_data_set_are_served(make_world: MakeWorld) -> None:
    world = make_world()
    assert len(world.accounts[FIRST].orders) == load().report.orders == 561
    assert world.accounts[FIRST].orders.item_count == load().report.sold_rows + load().report.bundle_items
    assert world.replays[FIRST].is_over


def test_a_second_account_has_orders_of_its_own(make_world: MakeWorld) -> None:
    world = make_world()
    first, second = world.accounts[FIRST].orders.orders, world.accounts[SECOND].orders.orders
    assert len(second) == 57
    assert not first.keys() & second.keys()


def test_the_same_seed_gives_the_same_orders(make_world: MakeWorld) -> None:
    assert facts(make_world()) == facts(make_world())
    assert facts(make_world(seed=8)) != facts(make_world())


def test_orders_arrive_at_the_chosen_speed(make_world: MakeWorld) -> None:
    world = make_world(speed=30)
    assert len(world.accounts[FIRST].orders) == 0
    world.clock.advance(60)
    world.tick()
    orders = list(world.accounts[FIRST].orders.orders.values())
    assert [order.placed - START for order in orders[:2]] == [timedelta(seconds=2), timedelta(seconds=4)]
    assert len(orders) == 30


def test_looking_more_often_changes_nothing(make_world: MakeWorld) -> None:
    seldom, often = make_world(speed=60, cancellations=True), make_world(speed=60, cancellations=True)
    seldom.clock.advance(600)
    seldom.tick()
    for _ in range(600):
        often.clock.advance(1)
        often.tick()
    assert len(facts(often)) == 561
    assert facts(often) == facts(seldom)


def test_speed_can_change_and_stop(make_world: MakeWorld) -> None:
    world = make_world(speed=0)
    orders, replay = world.accounts[FIRST].orders, world.replays[FIRST]
    world.clock.advance(3600)
    world.tick()
    assert len(orders) == 0
    replay.set_speed(6, world.clock.now())
    world.clock.advance(20)
    world.tick()
    assert len(orders) == 2
    replay.set_speed(ALL_AT_ONCE, world.clock.now())
    world.tick()
    assert len(orders) == 561


def test_an_order_out_of_turn_does_not_slow_the_others(make_world: MakeWorld) -> None:
    world = make_world(speed=6)
    assert world.replays[FIRST].place_next(world.clock.now()) is not None
    world.clock.advance(20)
    world.tick()
    assert len(world.accounts[FIRST].orders) == 3


def test_more_rounds_bring_new_orders_and_buyers(make_world: MakeWorld) -> None:
    world = make_world(rounds=3)
    orders = list(world.accounts[FIRST].orders.orders.values())
    assert len(orders) == 3 * 561
    assert orders[0].buyer != orders[561].buyer
    assert [item.sku for item in orders[0].items] == [item.sku for item in orders[561].items]


def test_the_data_sets_buyers_cancel(make_world: MakeWorld) -> None:
    world = make_world(cancellations=True)
    items = [item for order in world.accounts[FIRST].orders.orders.values() for item in order.items]
    assert sum(item.cancellation_requested for item in items) == load().report.full_cancellation_rows
    assert sum(item.cancelled for item in items) > 0
    assert not any(item.cancellation_requested and item.cancelled for item in items)


def test_a_restarted_world_goes_on_where_it_was(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world(speed=60, state=tmp_path)
    world.clock.advance(10)
    world.tick()
    before = facts(world)
    later = WorldClock(FrozenTime(START + timedelta(hours=1)))
    again = make_world(speed=60, state=tmp_path, clock=later)
    assert facts(again) == before
    later.advance(2)
    again.tick()
    assert len(facts(again)) == 12
    untouched = make_world(speed=ALL_AT_ONCE)
    assert [order[0] for order in facts(again)] == [order[0] for order in facts(untouched)[:12]]


def test_a_state_folder_belongs_to_a_seed(make_world: MakeWorld, tmp_path: Path) -> None:
    make_world(speed=0, state=tmp_path)
    with pytest.raises(WrongSeed, match="start with --seed 7"):
        make_world(speed=0, state=tmp_path, seed=8)


def test_buyers_can_be_limited_to_the_stock(make_world: MakeWorld) -> None:
    world = make_world(speed=0, respect_stock=True)
    account = world.accounts[FIRST]
    first = load().sales[0]
    scarce, gone = (account.offers.of_reference(item.product.sku)[0] for item in first.items[:2])
    scarce.amount, gone.amount = 2, 0
    order = world.replays[FIRST].place_next(world.clock.now())
    assert order is not None
    assert [item.quantity for item in order.items if item.sku == scarce.reference] == [2]
    assert gone.reference not in {item.sku for item in order.items}
    assert account.tally.oversold_units == 0


def test_what_is_bought_beyond_the_stock_is_counted(make_world: MakeWorld) -> None:
    world = make_world(speed=0)
    account = world.accounts[FIRST]
    first = load().sales[0].items[0]
    account.offers.of_reference(first.product.sku)[0].amount = 0
    world.replays[FIRST].place_next(world.clock.now())
    assert account.tally.oversold_units == first.quantity


def test_cancellations_of_what_was_never_placed_change_nothing(make_world: MakeWorld) -> None:
    world = make_world(speed=0, respect_stock=True, cancellations=True)
    account = world.accounts[FIRST]
    for sale in load().sales:
        for offer in account.offers.of_reference(sale.items[0].product.sku):
            offer.amount = 0
    world.replays[FIRST].set_speed(ALL_AT_ONCE, world.clock.now())
    world.tick()
    assert account.tally.lost_orders > 0
    assert len(account.orders) + account.tally.lost_orders == 561
    assert all(0 <= item.open <= item.quantity for order in account.orders.orders.values() for item in order.items)
