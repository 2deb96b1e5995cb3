"""The way of an order: only legal moves, in the program and in the database."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.orders.domain import CancelStage, cancel_stage
from entrepot.orders.status import (
    EDITABLE,
    LABELS,
    MOVES,
    ON_THE_FLOOR,
    OrderStatus,
    furthest,
    may_move,
    origins,
    settled,
)

statuses = st.sampled_from(OrderStatus)


@given(statuses, statuses)
def test_origins_and_moves_agree(origin: OrderStatus, to: OrderStatus) -> None:
    assert (origin in origins(to)) == may_move(origin, to)


@given(st.lists(statuses, max_size=30))
def test_what_is_over_stays_over(wishes: list[OrderStatus]) -> None:
    """However the wishes come, nothing leaves delivered or cancelled, and shipped only becomes delivered."""
    here, trace = OrderStatus.PENDING, [OrderStatus.PENDING]
    for wish in wishes:
        if may_move(here, wish):
            here = wish
            trace.append(here)
    if OrderStatus.CANCELLED in trace:
        assert trace.index(OrderStatus.CANCELLED) == len(trace) - 1
    if OrderStatus.SHIPPED in trace:
        assert set(trace[trace.index(OrderStatus.SHIPPED) + 1 :]) <= {OrderStatus.DELIVERED}


@given(statuses)
def test_nothing_moves_to_itself(status: OrderStatus) -> None:
    assert not may_move(status, status)


@given(statuses)
def test_cancelling_is_possible_exactly_before_shipping(status: OrderStatus) -> None:
    stage = cancel_stage(status)
    assert may_move(status, OrderStatus.CANCELLED) == (stage in {CancelStage.AUTOMATIC, CancelStage.PUT_BACK})
    assert (stage is CancelStage.AUTOMATIC) == (status in EDITABLE)
    assert (stage is CancelStage.PUT_BACK) == (status in ON_THE_FLOOR)


def test_delivered_can_be_reached_from_everywhere_but_the_ends() -> None:
    for start in OrderStatus:
        reached, todo = {start}, [start]
        while todo:
            for to in MOVES[todo.pop()] - reached:
                reached.add(to)
                todo.append(to)
        assert (OrderStatus.DELIVERED in reached) == (start is not OrderStatus.CANCELLED)


def test_the_database_knows_the_same_moves() -> None:
    migration = next((Path(__file__).parents[2] / "migrations" / "versions").glob("*_orders.py")).read_text()
    function = migration[migration.index("NOT (OLD.status, NEW.status) IN") : migration.index("RAISE EXCEPTION")]
    assert set(re.findall(r"\('(\w+)', '(\w+)'\)", function)) == {
        (str(origin), str(to)) for origin, targets in MOVES.items() for to in targets
    }


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_where_an_order_settles(has_goods: bool, reserved: bool, blocked: bool, left: bool) -> None:  # noqa: FBT001
    status = settled(has_goods_to_send=has_goods, all_reserved=reserved, blocked=blocked, anything_left=left)
    assert (status is OrderStatus.CANCELLED) == (not left)
    assert (status is OrderStatus.RESERVED) == (left and has_goods and reserved and not blocked)
    for origin in EDITABLE:
        assert status is origin or may_move(origin, status)


@pytest.mark.parametrize("status", OrderStatus)
def test_every_status_has_a_name(status: OrderStatus) -> None:
    assert LABELS[status]


def test_furthest() -> None:
    assert furthest([]) is None
    assert furthest([OrderStatus.PICKED, OrderStatus.PENDING]) is OrderStatus.PICKED
