"""What a channel's word about an order that we have changes: laws, and the cases a seller will meet."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.channels.contract import ChannelOrder, PostalAddress
from entrepot.kit.ids import new_id
from entrepot.orders.domain import Attention
from entrepot.orders.merging import Merge, merge
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.status import EDITABLE, ON_THE_FLOOR, OrderStatus
from tests.orders.factories import ADDRESS, PLACED, channel_line, channel_order, with_line

SELLER = new_id()


def ours(theirs: ChannelOrder, status: OrderStatus = OrderStatus.RESERVED, **rest: Any) -> OrderRef:  # noqa: ANN401 -- any field
    """Return the order we made of the channel's."""
    values: dict[str, Any] = dict.fromkeys(
        ("hold_reason", "held_at", "ship_by", "channel_address", "billing_address", "warehouse_id", "fingerprint")
    )
    values |= dict.fromkeys(("customer_name", "customer_email", "customer_phone", "ship_name", "ship_postcode"), "")
    values |= dict.fromkeys(("ship_country", "buyer_reference", "language", "search_text"), "")
    values |= dict.fromkeys(("goods_total", "shipping_total", "total"), Decimal(0))
    values |= {
        "id": new_id(),
        "seller_id": SELLER,
        "number": "B-1",
        "channel": "bol",
        "channel_account_id": SELLER,
        "channel_order_id": theirs.channel_order_id,
        "status": status,
        "attention": (),
        "placed_at": theirs.placed_at,
        "currency": theirs.currency,
        "line_count": len(theirs.lines),
        "unit_count": 1,
        "shipping_address": msgspec.to_builtins(theirs.ship_to),
        "pick_up_point": False,
        "tags": (),
        "channel_changed_at": theirs.changed_at,
        "erp_account_id": None,
        "version": 1,
        "created_at": PLACED,
        "changed_at": PLACED,
        "lines": tuple(
            OrderLineRef(
                id=new_id(),
                position=position,
                product_id=new_id(),
                sku=line.sku or "",
                gtin="",
                title=line.title,
                quantity=line.quantity,
                quantity_cancelled=line.quantity_cancelled,
                quantity_shipped=line.quantity_shipped,
                unit_price=line.unit_price,
                channel_line_id=line.channel_line_id,
                reserved=True,
            )
            for position, line in enumerate(theirs.lines, 1)
        ),
    }
    return OrderRef(**(values | rest))


def after(order: OrderRef, found: Merge) -> OrderRef:
    """Return our order as it is once the merge was carried out."""
    changes = {change.line.id: change for change in found.lines}
    lines = [
        replace(
            line,
            quantity=changes[line.id].quantity,
            quantity_cancelled=changes[line.id].cancelled,
            quantity_shipped=changes[line.id].shipped,
        )
        if line.id in changes
        else line
        for line in order.lines
    ]
    added = ours(channel_order("x", *found.added)).lines if found.added else ()
    attention = (set(order.attention) - found.settled) | found.attention
    return replace(
        order,
        lines=(*lines, *added),
        shipping_address=msgspec.to_builtins(found.ship_to) if found.ship_to else order.shipping_address,
        billing_address=msgspec.to_builtins(found.bill_to) if found.bill_to else order.billing_address,
        attention=tuple(sorted(map(str, attention))),
    )


@st.composite
def reports(draw: st.DrawFn) -> ChannelOrder:
    lines = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        quantity = draw(st.integers(1, 6))
        cancelled = draw(st.integers(0, quantity))
        lines.append(
            channel_line(
                number,
                quantity=quantity,
                quantity_cancelled=cancelled,
                quantity_shipped=draw(st.integers(0, quantity - cancelled)),
                cancellation_requested=draw(st.booleans()),
            )
        )
    address = replace(ADDRESS, city=draw(st.sampled_from(["Gent", "Amsterdam", ""])))
    return channel_order("1", *lines, ship_to=address)


statuses = st.sampled_from(OrderStatus)


@given(reports(), statuses)
def test_the_same_word_changes_nothing(theirs: ChannelOrder, status: OrderStatus) -> None:
    calm = replace(theirs, lines=tuple(replace(line, cancellation_requested=False) for line in theirs.lines))
    assert merge(ours(calm, status), calm).is_nothing


@given(reports(), st.lists(reports(), min_size=1, max_size=4), statuses)
def test_merging_is_stable_and_never_breaks_a_line(
    first: ChannelOrder, words: list[ChannelOrder], status: OrderStatus
) -> None:
    """Whatever the channel says in whatever order, the numbers of every line stay possible; a repeat adds nothing."""
    order = ours(first, status)
    for word in words:
        before = {line.id: line for line in order.lines}
        order = after(order, merge(order, word))
        for line in order.lines:
            assert line.quantity_cancelled + line.quantity_shipped <= line.quantity
            if line.id in before:
                assert line.quantity >= before[line.id].quantity
                assert line.quantity_cancelled >= before[line.id].quantity_cancelled
                assert line.quantity_shipped >= before[line.id].quantity_shipped
        again = merge(order, word)
        assert not again.lines
        assert not again.added
        assert not again.changes


@given(reports(), reports(), st.sampled_from(sorted(EDITABLE)))
def test_before_picking_nobody_is_asked_about_cancellations(
    first: ChannelOrder, second: ChannelOrder, status: OrderStatus
) -> None:
    found = merge(ours(first, status), second)
    assert not found.hold
    assert not found.attention & {Attention.CANCELLED_AFTER_PICK, Attention.CHANGED_AFTER_RELEASE}


@given(reports(), reports(), st.sampled_from([OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED]))
def test_what_is_over_does_not_grow(first: ChannelOrder, second: ChannelOrder, status: OrderStatus) -> None:
    found = merge(ours(first, status), second)
    assert not found.added
    assert found.ship_to is None


def test_an_older_word_is_ignored() -> None:
    newer = channel_order(
        "1", channel_line(1, quantity=2, quantity_cancelled=1), changed_at=PLACED + timedelta(hours=1)
    )
    older = replace(with_line(newer, quantity_cancelled=0, quantity=5), changed_at=PLACED)
    assert merge(ours(newer), older).is_nothing


def test_cancelled_here_is_not_revived() -> None:
    theirs = channel_order("1", channel_line(1, quantity=3))
    order = ours(theirs)
    order = replace(order, lines=(replace(order.lines[0], quantity_cancelled=2),))
    assert merge(order, theirs).is_nothing


def test_a_request_before_picking_is_agreed_to() -> None:
    theirs = channel_order("1", channel_line(1, quantity=3))
    found = merge(ours(theirs), with_line(theirs, cancellation_requested=True))
    assert found.agreed == ["L1"]
    assert (found.lines[0].cancelled, found.attention) == (3, set())


@pytest.mark.parametrize("status", sorted(ON_THE_FLOOR))
def test_a_request_on_the_floor_stops_the_order(status: OrderStatus) -> None:
    theirs = channel_order("1", channel_line(1, quantity=3))
    found = merge(ours(theirs, status), with_line(theirs, cancellation_requested=True))
    assert found.hold
    at_erp = status is OrderStatus.HANDED_OVER
    assert found.attention == {Attention.CANCELLED_AT_ERP if at_erp else Attention.CANCELLED_AFTER_PICK}
    assert not found.agreed


def test_a_cancellation_after_shipping_raises_the_alarm() -> None:
    theirs = channel_order("1", channel_line(1, quantity=3))
    order = ours(theirs, OrderStatus.SHIPPED)
    order = replace(order, lines=(replace(order.lines[0], quantity_shipped=3),))
    assert merge(order, with_line(theirs, quantity_cancelled=3)).attention == {Attention.CANCELLED_AFTER_SHIP}


def test_our_own_shipment_is_no_news() -> None:
    theirs = channel_order("1", channel_line(1, quantity=3))
    order = ours(theirs, OrderStatus.SHIPPED)
    order = replace(order, lines=(replace(order.lines[0], quantity_shipped=3),))
    assert merge(order, with_line(theirs, quantity_shipped=3)).is_nothing


def test_a_corrected_address_stays_until_the_channel_says_something_else() -> None:
    bad = PostalAddress(last_name="Smit", country="NL")
    theirs = channel_order("1", ship_to=bad)
    order = ours(theirs, shipping_address=msgspec.to_builtins(ADDRESS), channel_address=msgspec.to_builtins(bad))
    assert merge(order, with_line(theirs, quantity=2)).ship_to is None
    moved = replace(ADDRESS, city="Gent")
    assert merge(order, replace(theirs, ship_to=moved)).ship_to == moved


def test_new_lines_after_release_are_kept_and_shown() -> None:
    theirs = channel_order("1", channel_line(1))
    found = merge(ours(theirs, OrderStatus.PICKING), replace(theirs, lines=(*theirs.lines, channel_line(2, "MUG-RED"))))
    assert [line.channel_line_id for line in found.added] == ["L2"]
    assert found.attention == {Attention.CHANGED_AFTER_RELEASE}


def test_ids_are_ours() -> None:
    assert isinstance(ours(channel_order("1")).id, UUID)
