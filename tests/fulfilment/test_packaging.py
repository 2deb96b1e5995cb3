"""Laws of fitting, weighing, counting and grouping: pure."""

from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from entrepot.fulfilment.checking.verdict import CheckLine, Difference, differences, line_for
from entrepot.fulfilment.consolidating.address import address_key, group_key
from entrepot.fulfilment.packaging.fitting import Box, Fit, Piece, Placed, fit, place, suggest
from entrepot.fulfilment.packaging.weights import Outcome, allowed, expected_weight, judge

sides = st.tuples(*[st.integers(1, 60)] * 3)
pieces = st.lists(sides, min_size=1, max_size=12)


def apart(one: Placed, other: Placed) -> bool:
    return any(
        one.at[axis] + one.size[axis] <= other.at[axis] or other.at[axis] + other.size[axis] <= one.at[axis]
        for axis in range(3)
    )


@given(pieces, sides)
def test_what_fits_lies_inside_and_apart(sizes: list[tuple[int, int, int]], room: tuple[int, int, int]) -> None:
    laid = place(sizes, room)
    if laid is None:
        return
    assert sorted(sorted(one.size) for one in laid) == sorted(sorted(size) for size in sizes)
    assert all(one.at[axis] + one.size[axis] <= room[axis] for one in laid for axis in range(3))
    assert all(apart(one, other) for one, other in combinations(laid, 2))


@given(pieces, sides, st.integers(0, 2))
def test_no_box_is_denied_that_a_smaller_one_of_its_shape_proves(
    sizes: list[tuple[int, int, int]], room: tuple[int, int, int], more: int
) -> None:
    goods = [Piece(size, 10) for size in sizes]
    larger = (room[0] + more, room[1] + more, room[2] + more)
    if fit(goods, Box("S", room, 5, None)) is Fit.FITS:
        assert fit(goods, Box("L", larger, 5, None)) is not Fit.DOES_NOT_FIT


def test_nothing_is_claimed_that_nobody_knows() -> None:
    box = Box("S", (100, 80, 50), 20, 1000)
    assert fit([Piece((50, 80, 100), 980)], box) is Fit.FITS
    assert fit([Piece((50, 80, 100), 981)], box) is Fit.DOES_NOT_FIT
    assert fit([Piece(None, 100)], box) is Fit.UNKNOWN
    assert fit([Piece((10, 10, 10), None)], box) is Fit.UNKNOWN
    assert fit([Piece(None, None), Piece((101, 1, 1), 1)], box) is Fit.DOES_NOT_FIT
    assert fit([Piece((100, 80, 26), 1), Piece((100, 80, 25), 1)], box) is Fit.DOES_NOT_FIT
    large = Box("L", (200, 160, 100), 50, None)
    tiny = Box("T", (10, 10, 10), 1, None)
    order = [(one.code, fits) for one, fits in suggest([Piece((50, 80, 100), 10)], [large, tiny, box])]
    assert order == [("S", Fit.FITS), ("L", Fit.FITS), ("T", Fit.DOES_NOT_FIT)]


@given(
    st.lists(st.tuples(st.none() | st.integers(1, 900), st.integers(1, 5))), st.integers(0, 500), st.integers(1, 9000)
)
def test_scales_know_or_say_that_they_do_not(goods: list[tuple[int | None, int]], box: int, measured: int) -> None:
    expected = expected_weight(goods, box)
    outcome = judge(measured, expected, 5, 20)
    if any(weight is None for weight, _ in goods):
        assert (expected, outcome) == (None, Outcome.UNKNOWN)
    else:
        assert expected is not None
        assert (outcome is Outcome.FITS) == (abs(measured - expected) <= allowed(expected, 5, 20))


def line(number: int, expected: int, counted: int, lot: str = "") -> CheckLine:
    product = UUID(int=number)
    return CheckLine(
        id=UUID(int=number * 100 + expected + counted + len(lot)), product_id=product, sku=f"P{number}", gtin="",
        title="", lot=lot, place="A", expected=expected, counted=counted,
    )  # fmt: skip


def test_each_difference_is_told_from_the_others() -> None:
    lines = [line(1, 2, 2), line(2, 2, 1), line(3, 1, 3), line(4, 0, 1), line(5, 1, 0, "L1"), line(5, 0, 1, "L2")]
    found = {(one.sku, one.difference, one.units) for one in differences(lines)}
    assert found == {
        ("P2", Difference.MISSING, 1),
        ("P3", Difference.TOO_MANY, 2),
        ("P4", Difference.FOREIGN, 1),
        ("P5", Difference.MISSING, 1),
        ("P5", Difference.WRONG_LOT, 1),
    }
    assert line_for(lines, UUID(int=5), "l2") == lines[5]
    assert line_for(lines, UUID(int=5), "") == lines[4]
    assert line_for(lines, UUID(int=5), "L3") is None
    assert line_for(lines, UUID(int=9), "") is None


def test_an_address_is_the_same_however_it_is_written() -> None:
    one = {"street": "Keizersgracht", "house_number": "12", "postcode": "1015 CS", "city": "Amsterdam", "country": "NL"}
    same = {**one, "street": "keizersgracht ", "postcode": "1015cs", "city": "AMSTERDAM"}
    assert address_key(one) == address_key(same) != address_key({**one, "house_number": "13"})
    assert address_key({"city": "Amsterdam"}) == ""
    assert group_key("customer", one, "A@b.nl", "") == group_key("customer", same, "a@B.nl", "x")
    assert group_key("customer", one, "a@b.nl", "") != group_key("customer", one, "c@b.nl", "")
    assert group_key("customer", one, "", "") == ""
