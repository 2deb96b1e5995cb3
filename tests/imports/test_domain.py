"""Which column is which, and chunks that never part what belongs together."""

from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalog.imports import COLUMNS
from entrepot.imports.contract import ImportRow
from entrepot.imports.domain import cut_chunks, guess_mapping, heading_key

rows = st.lists(st.text("AB", min_size=1, max_size=1), max_size=40).map(
    lambda groups: [ImportRow(number, number + 1, {"group": group}) for number, group in enumerate(groups, start=1)]
)


def group(row: ImportRow) -> str:
    return row.cells["group"]


@given(rows, st.integers(1, 10), st.booleans())
def test_chunks_hold_every_row_once_in_order(table: list[ImportRow], size: int, grouped: bool) -> None:  # noqa: FBT001 -- given by hypothesis
    chunks = list(cut_chunks(table, size, group if grouped else None))

    assert [row for chunk in chunks for row in chunk] == table
    assert all(chunks)


@given(rows, st.integers(1, 10))
def test_neighbours_of_a_group_stay_together(table: list[ImportRow], size: int) -> None:
    chunks = list(cut_chunks(table, size, group))

    assert all(group(before[-1]) != group(after[0]) for before, after in pairwise(chunks))
    longest = max((len(list(members)) for _, members in groupby(table, group)), default=0)
    assert all(len(chunk) < size + longest for chunk in chunks)


def test_headings_are_compared_by_letters_and_digits() -> None:
    assert heading_key(" Länge (mm) ") == heading_key("laNGE_mm") == "langemm"


def test_columns_are_recognised_by_name_then_by_alias() -> None:
    header = ["Omschrijving", "EAN-code", "Artikelnummer", "Title", "verkoopprijs", "something"]

    assert guess_mapping(header, COLUMNS) == {"title": 3, "gtin": 1, "sku": 2, "sales_price": 4}


@given(st.lists(st.text(max_size=8), max_size=12))
def test_a_heading_serves_one_column(header: list[str]) -> None:
    places = list(guess_mapping(header, COLUMNS).values())

    assert len(set(places)) == len(places)
    assert all(place in range(len(header)) for place in places)
