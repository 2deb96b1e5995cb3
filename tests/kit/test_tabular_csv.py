"""CSV as people's programs write it, and as ours does."""

import csv
import io
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.csv_reading import (
    ColumnTwiceError,
    NotTextError,
    Table,
    TableEmptyError,
    TableUnreadableError,
)
from entrepot.kit.csv_writing import BOM, csv_text, neutralised

plain = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and not text.startswith("'") and not text.startswith("﻿")
)


@given(st.lists(st.tuples(plain, plain, plain), min_size=1, max_size=20), st.sampled_from(",;\t"))
def test_reads_back_what_was_written(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    content = (BOM + csv_text([("one", "two", "three"), *rows], delimiter)).encode()

    table = Table(content, delimiter)

    assert table.header == ("one", "two", "three")
    assert [row.cells for row in table.rows()] == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_finds_encoding_and_delimiter(encoding: str, delimiter: str, end: str) -> None:
    text = end.join(
        [
            delimiter.join(("SKU", "Título")),
            delimiter.join(("A-1", "Kännchen, blau; groß" if delimiter == "\t" else "Kännchen €")),
        ]
    )

    table = Table(text.encode(encoding))

    assert table.delimiter == delimiter
    (row,) = table.rows()
    assert row.cells[1].startswith("Kännchen")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    try:
        rows = list(Table(content).rows())
    except (NotTextError, TableEmptyError, TableUnreadableError, ColumnTwiceError):
        return
    assert all(row.cells for row in rows)


def test_names_the_line_that_is_broken() -> None:
    content = b'sku,title\nA,good\nB,"never closed\nC,more\n'

    with pytest.raises(TableUnreadableError, match=r"Line 3.*never closed"):
        list(Table(content).rows())


def test_names_the_line_with_too_many_cells() -> None:
    with pytest.raises(TableUnreadableError, match=r"Line 3.*3 cells, but the heading has 2"):
        list(Table(b"sku,title\nA,one\nB,two,three\n", ",").rows())


def test_names_the_line_with_text_after_a_quote() -> None:
    with pytest.raises(TableUnreadableError, match="Line 2"):
        list(Table(b'sku,title\nA,"5" pipe"\n', ",").rows())


def test_a_cell_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(TableUnreadableError, match="never closed"):
        list(Table(b'sku,title\nA,"' + b"x\n" * 200_000).rows())


def test_counts_lines_of_the_file_and_skips_empty_ones() -> None:
    rows = list(Table(b'sku,title\n\nA,"two\nlines"\n,,\n\nB,b\n', ",").rows())

    assert [(row.number, row.line, row.cells[0]) for row in rows] == [(1, 3, "A"), (2, 7, "B")]


def test_goes_on_after_a_row() -> None:
    table = Table(b"sku\nA\nB\nC\n")

    assert [row.cells[0] for row in table.rows(after=2)] == ["C"]


def test_short_rows_are_filled() -> None:
    assert [row.cells for row in Table(b"a;b;c\n1;2\n").rows()] == [("1", "2", "")]


@pytest.mark.parametrize("content", [b"", b"\n\n", b" , \n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(TableEmptyError):
        Table(content)


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00stuff", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_a_spreadsheet_or_picture_is_refused_with_advice(content: bytes) -> None:
    with pytest.raises(NotTextError, match="Save as"):
        Table(content)


def test_a_column_twice_is_refused() -> None:
    with pytest.raises(ColumnTwiceError, match="“sku”"):
        Table(b"sku,title,sku\n1,2,3\n")


def test_a_hundred_thousand_rows_need_little_memory() -> None:
    content = b"sku;title;price\n" + b"".join(b"SKU-%d;Some product;12,50\n" % n for n in range(100_000))
    tracemalloc.start()

    assert sum(1 for _ in Table(content).rows()) == 100_000

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("attack", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\r=1", "=HYPERLINK(“x”)"])
def test_formulas_are_neutralised_and_come_back_as_they_were(attack: str) -> None:
    written = neutralised(attack)

    assert written == "'" + attack
    (row,) = Table(("text,x\r\n" + csv_text([(attack, "y")])).encode(), ",").rows()
    assert row.cells[0] == attack


@pytest.mark.parametrize("number", ["-5", "+12.50", "-0,5"])
def test_plain_numbers_are_no_formulas(number: str) -> None:
    assert neutralised(number) == number


def test_writes_every_kind_of_cell() -> None:
    (row,) = csv.reader(io.StringIO(csv_text([(None, True, False, Decimal("12.5000"), 7, "a,b")])))

    assert row == ["", "yes", "no", "12.5", "7", "a,b"]
