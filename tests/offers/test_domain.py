"""What a channel may be told, and why."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from entrepot.offers.domain import (
    MOST,
    AccountLimits,
    Component,
    Derivation,
    Limit,
    Rules,
    Stock,
    Units,
    component,
    publishable,
    rules_of,
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


accounts = st.builds(AccountLimits, small, st.none() | small, st.booleans())


@given(of_product=small, account=accounts, buffer=st.none() | small, maximum=st.none() | small, paused=st.booleans())
def test_the_offer_has_the_last_word(
    *, of_product: int, account: AccountLimits, buffer: int | None, maximum: int | None, paused: bool
) -> None:
    rules = rules_of(of_product, account, buffer=buffer, maximum=maximum, paused=paused)

    assert rules.buffer == (max(of_product, account.buffer) if buffer is None else buffer)
    assert rules.maximum == (account.maximum if maximum is None else maximum)
    assert (rules.maximum_from == "") is (rules.maximum is None)


@given(stock=stocks(), of_product=small, account=accounts, paused=st.booleans(), more=small)
def test_holding_more_back_never_shows_more(
    *, stock: Stock, of_product: int, account: AccountLimits, paused: bool, more: int
) -> None:
    def shown(limits: AccountLimits) -> int:
        rules = rules_of(of_product, limits, buffer=None, maximum=None, paused=paused)
        return publishable(stock, rules, mode="live")[0]

    before = shown(account)
    stricter = [
        AccountLimits(account.buffer + more, account.maximum, account.paused),
        AccountLimits(account.buffer, min(more, MOST if account.maximum is None else account.maximum), account.paused),
        AccountLimits(account.buffer, account.maximum, paused=True),
    ]
    assert all(shown(limits) <= before for limits in stricter)
    assert shown(stricter[-1]) == 0


@given(st.integers(0, 500), st.integers(0, 50), small, accounts, st.none() | small, st.none() | small)
def test_more_stock_never_shows_less(
    available: int, more: int, of_product: int, account: AccountLimits, buffer: int | None, maximum: int | None
) -> None:
    rules = rules_of(of_product, account, buffer=buffer, maximum=maximum, paused=False)
    shown = [
        publishable(Stock(sku="MUG", own=Units(on_hand=units, available=units)), rules, mode="live")[0]
        for units in (available, available + more)
    ]

    assert shown[0] <= shown[1] <= shown[0] + more


@given(stock=stocks(), of_product=small, account=accounts, maximum=st.none() | small, paused=st.booleans())
def test_what_is_stored_says_everything(
    *, stock: Stock, of_product: int, account: AccountLimits, maximum: int | None, paused: bool
) -> None:
    rules = rules_of(of_product, account, buffer=None, maximum=maximum, paused=paused)
    _, why = publishable(stock, rules, mode="live")

    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(why.stored())), Derivation) == why
