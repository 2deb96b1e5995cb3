"""Laws of the floor's pure decisions."""

from hypothesis import given
from hypothesis import strategies as st

from entrepot.fulfilment.domain import (
    LIST_MOVES,
    LONGEST_PAUSE,
    Hit,
    LineState,
    ListStatus,
    Wanted,
    list_status,
    match,
    pause_after,
)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_pauses_grow_and_end(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert 1 <= pause_after(low) <= pause_after(high) <= LONGEST_PAUSE


@given(st.lists(st.sampled_from(list(LineState))), st.sampled_from(list(ListStatus)))
def test_a_list_only_moves_legally_and_is_never_done_with_open_lines(states: list[LineState], now: ListStatus) -> None:
    after = list_status(states, now)
    assert after is now or after in LIST_MOVES[now]
    if LineState.OPEN in states and now in {ListStatus.OPEN, ListStatus.PICKING}:
        assert after is now


@given(st.text(alphabet="ABC123-", min_size=1), st.text(alphabet="ABC123-", min_size=1))
def test_only_the_wanted_product_is_the_product(sku: str, other: str) -> None:
    wanted = Wanted(sku=sku, gtin="", location="7.15", left=1)
    assert match(f" {sku.lower()} ", wanted) is Hit.PRODUCT
    assert (match(other, wanted) is Hit.PRODUCT) == (other == sku)


def test_leading_zeros_of_a_gtin_do_not_matter() -> None:
    wanted = Wanted(sku="MUG", gtin="05012345678900", location="7.15", left=1)
    assert match("5012345678900", wanted) is Hit.PRODUCT
    assert match("7.15", wanted) is Hit.LOCATION
    assert match("", wanted) is Hit.OTHER
