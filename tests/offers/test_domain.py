"""What a channel may be told, and why."""

from hypothesis import given
from hypothesis import strategies as st

from entrepot.offers.domain import (
    MOST,
    Component,
    Limit,
    Rules,
    Stock,
    Units,
    component,
    publishable,
)

numbers = st.integers(min_value=-5, max_value=2 * MOST)
small = st.integers(min_value=0, max_value=50)


@st.composite
def units(draw: st.DrawFn) -> Units:
    on_hand, reserved, available = draw(st.tuples(small, small, numbers))
    return Units(on_hand=on_hand, reserved=reserved, available=available)


@st.composite
def stocks(draw: st.DrawFn) -> Stock:
    active = draw(st.booleans())
    if draw(st.booleans()):
        return Stock(sku="MUG", own=draw(units()), active=active)
    parts: list[Component] = [
        component(f"P{number}", draw(st.integers(1, 9)), draw(units()), draw(small))
        for number in range(draw(small) % 4)
    ]
    return Stock(sku="SET", components=tuple(parts), bundle=True, active=active)


@given(
    stock=stocks(),
    buffer=small,
    maximum=st.none() | small,
    paused=st.booleans(),
    mode=st.sampled_from(["live", "import_only", "paused"]),
)
def test_never_negative_and_never_more_than_there_is(
    *, stock: Stock, buffer: int, maximum: int | None, paused: bool, mode: str
) -> None:
    quantity, why = publishable(stock, Rules(buffer=buffer, maximum=maximum, paused=paused), mode=mode)

    assert 0 <= quantity <= max(0, stock.available)
    assert quantity <= MOST
    assert maximum is None or quantity <= maximum
    assert why.quantity == quantity
    assert (quantity == why.available) is (why.limits == ())
    if paused or not stock.active:
        assert quantity == 0
    for part in stock.components:
        assert quantity * part.units <= max(0, part.available - part.buffer)


@given(stock=stocks(), buffer=small, maximum=st.none() | small, paused=st.booleans())
def test_the_number_does_not_depend_on_whether_it_may_be_sent(
    *, stock: Stock, buffer: int, maximum: int | None, paused: bool
) -> None:
    said = {
        publishable(stock, Rules(buffer=buffer, maximum=maximum, paused=paused), mode=mode)[0]
        for mode in ("live", "import_only", "paused")
    }

    assert len(said) == 1


@given(units(), small, small)
def test_a_larger_buffer_never_shows_more(own: Units, buffer: int, more: int) -> None:
    stock = Stock(sku="MUG", own=own)
    first, _ = publishable(stock, Rules(buffer=buffer), mode="live")
    second, _ = publishable(stock, Rules(buffer=buffer + more), mode="live")

    assert second <= first


def test_why_names_what_held_units_back() -> None:
    stock = Stock(sku="MUG", own=Units(on_hand=12, reserved=2, available=10))

    quantity, why = publishable(stock, Rules(buffer=3, maximum=5), mode="live")

    assert (quantity, why.limits) == (5, (Limit.BUFFER, Limit.MAXIMUM))
    assert (why.on_hand, why.reserved, why.available, why.buffer, why.maximum) == (12, 2, 10, 3, 5)
