"""Laws of deciding, changing and rounding prices."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.kit.sentence import Sentence
from entrepot.offers.prices.changing import ChangeKind, PriceChange, changed_price
from entrepot.offers.prices.domain import PASSING, Candidate, Held, Source, decide, effective
from entrepot.offers.prices.rounding import Ending, with_ending

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICES = st.decimals("0.01", "99999", places=2)
MOMENTS = st.one_of(st.none(), st.integers(-3, 3).map(lambda hours: AT + timedelta(hours=hours)))
CANDIDATES = st.builds(
    Candidate,
    source=st.sampled_from([Source.MANUAL, Source.SCHEDULE, Source.LIST, Source.RULE]),
    price=PRICES,
    source_id=st.integers(1, 2**64).map(lambda number: UUID(int=number)),
    rank=st.integers(-2, 2),
    narrow=st.booleans(),
    begins_at=MOMENTS,
    ends_at=MOMENTS,
    derivation=st.just({}),
)
STRONGEST = list(Source)


@settings(max_examples=60)
@given(st.lists(CANDIDATES, max_size=4, unique_by=lambda one: one.source_id))
def test_the_strongest_that_holds_counts_in_whatever_order_they_come(candidates: list[Candidate]) -> None:
    chosen = effective(candidates, AT)

    holding = [one for one in candidates if one.holds(AT)]
    assert (chosen is None) == (not holding)
    assert all(effective(list(order), AT) == chosen for order in permutations(candidates))
    if chosen is not None:
        assert chosen in holding
        assert all(STRONGEST.index(chosen.source) <= STRONGEST.index(one.source) for one in holding)
        alike = [one for one in holding if one.source is chosen.source]
        assert chosen.rank == max(one.rank for one in alike)


@settings(max_examples=60)
@given(st.lists(CANDIDATES, max_size=3), PRICES)
def test_what_passes_leaves_no_trace(candidates: list[Candidate], before: Decimal) -> None:
    """A schedule or list on an offer that nobody decided about: afterwards the channel has what it had before."""
    passing = [one for one in candidates if one.source in PASSING]
    during = decide(Held(published=before), passing, AT)
    if during.price is None:
        assert (during.source, during.base) == (None, None)
        return
    held = Held(price=during.price, source=during.source, published=during.price, base=during.base)

    after = decide(held, [], AT)

    assert after.price == (None if before == during.price else before)
    told = Held(price=after.price, source=after.source, published=before, base=after.base)
    assert decide(told, [], AT).price is None


@settings(max_examples=150)
@given(PRICES, st.sampled_from(list(Ending)), st.one_of(st.none(), PRICES), st.one_of(st.none(), PRICES))
def test_an_attractive_ending_keeps_inside_the_limits(
    price: Decimal, ending: Ending, floor: Decimal | None, ceiling: Decimal | None
) -> None:
    found = with_ending(price, ending, floor=floor, ceiling=ceiling)

    assert found > 0
    assert floor is None or found >= floor
    assert ceiling is None or found <= ceiling or floor is not None
    assert ceiling is None or floor is None or floor > ceiling or found <= ceiling
    assert found == with_ending(found, ending, floor=floor, ceiling=ceiling)  # once rounded, it stays
    if floor is None and ceiling is None and ending in {Ending.NINETY_NINE, Ending.NINETY_FIVE}:
        assert str(found).endswith(f".{ending}")
        assert abs(found - price) <= Decimal("0.99")


@pytest.mark.parametrize(
    ("price", "ending", "floor", "expected"),
    [
        ("19.50", "99", None, "19.99"),
        ("19.30", "99", None, "18.99"),
        ("19.30", "99", "19.10", "19.99"),  # the nearest lies below the floor
        ("19.97", "0.05", None, "19.95"),
        ("0.20", "99", None, "0.99"),  # never nothing, never less
        ("12.49", "none", None, "12.49"),
    ],
)
def test_endings(price: str, ending: str, floor: str | None, expected: str) -> None:
    found = with_ending(Decimal(price), Ending(ending), floor=Decimal(floor) if floor else None)

    assert found == Decimal(expected)


@settings(max_examples=80)
@given(
    st.one_of(st.none(), PRICES),
    st.sampled_from([kind for kind in ChangeKind if kind is not ChangeKind.RELEASE]),
    st.decimals("0.01", "99", places=2),
    st.sampled_from(list(Ending)),
)
def test_a_change_gives_a_price_or_says_why_not(
    current: Decimal | None, kind: ChangeKind, value: Decimal, ending: Ending
) -> None:
    answer = changed_price(current, PriceChange(kind=kind, value=value, ending=ending), "EUR")

    if isinstance(answer, Sentence):
        assert answer.english
        return
    assert answer > 0
    assert answer == answer.quantize(Decimal("0.01"))
    if current is not None:
        if kind in {ChangeKind.RAISE_PERCENT, ChangeKind.RAISE_AMOUNT}:
            assert answer > current
        if kind in {ChangeKind.LOWER_PERCENT, ChangeKind.LOWER_AMOUNT}:
            assert answer < current
