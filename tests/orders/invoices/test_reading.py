"""Reading invoices, and the numbers they have: pure."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.imports.formats import JsonUnreadableError, as_csv
from entrepot.kit.csv_reading import Table
from entrepot.kit.xlsx_reading import WorkbookUnreadableError
from entrepot.orders.invoices.numbers import missing, split_number, written
from entrepot.orders.invoices.reading import Defaults, fingerprint, read_day, read_invoice
from entrepot.orders.invoices.table import raw_invoice

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "number",
    "date",
    "kind",
    "customer",
    "ship_to",
    "lines",
    "priority",
    "currency",
    "shipping_total",
    "cancelled",
)
shaped = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, anything))
lined = st.fixed_dictionaries(
    {"number": st.text(max_size=9)},
    optional={
        "lines": st.lists(
            st.fixed_dictionaries({}, optional=dict.fromkeys(("code", "quantity", "price", "expires"), anything)),
            max_size=3,
        )
    },
)


@settings(max_examples=60)
@given(anything | shaped | lined)
def test_whatever_comes_is_read_or_told(raw: object) -> None:
    reading = read_invoice(raw)
    assert reading.number
    assert (reading.draft is None) == bool(reading.problems)
    for problem in reading.problems:
        assert "{" not in problem.sentence.english or "{" in repr(raw)
    if reading.draft is not None:
        assert all(1 <= line.quantity <= 1_000_000 and line.unit_price >= 0 for line in reading.draft.lines)
        msgspec.json.encode(reading.draft)


@given(st.text("ABC-/", max_size=8), st.integers(0, 10**9), st.integers(1, 12))
def test_a_number_is_its_prefix_and_its_count(prefix: str, serial: int, width: int) -> None:
    number = written(prefix, serial, width)
    parts = split_number(number)
    assert (parts.prefix, parts.serial) == (prefix, serial)
    assert written(prefix, serial, parts.width) == number


@given(st.sets(st.integers(0, 60)), st.none() | st.integers(0, 60))
def test_what_is_missing_and_what_is_there_make_the_series(present: set[int], first: int | None) -> None:
    gaps = set(chain.from_iterable(range(begin, end + 1) for begin, end in missing(present, first)))
    assert not gaps & present
    if present:
        begin = min(present) if first is None else first
        assert gaps | {one for one in present if one >= begin} == set(range(begin, max(present) + 1))


@pytest.mark.parametrize(
    "text", ["2026-11-21", "2026-11-21T08:00:00Z", "20261121", "21-11-2026", "21.11.2026", "46347"]
)
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert read_day(text) == date(2026, 11, 21)


def test_it_does_not_matter_how_an_invoice_is_written() -> None:
    rows = [{"number": "1", "code": "A", "quantity": "1.000", "price": "9,50", "country": "nl", "customer_area": "N"}]
    told = {"number": 1, "customer": {"area": " N ", "country": "NL"}, "lines": [{"code": "A", "quantity": 1e3, "price": 9.5}]}  # fmt: skip
    first, second = read_invoice(raw_invoice(rows, ",")).draft, read_invoice(told, Defaults()).draft
    assert first is not None
    assert second is not None
    assert fingerprint(first) == fingerprint(second)
    assert (first.lines[0].quantity, first.lines[0].unit_price) == (1000, Decimal("9.5"))


SHEET = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>date</t></is></c><c r="D1" t="str"><v>quantity</v></c></row>
<row r="3"><c r="A3"><v>1001</v></c><c r="B3" s="1"><v>46347</v></c><c r="D3"><v>2.5</v></c></row></sheetData></worksheet>"""
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(sheet: str = SHEET) -> bytes:
    parts = {
        "xl/workbook.xml": f'<workbook {NS} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="x" sheetId="1" r:id="rId7"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId7" Target="worksheets/s.xml"/></Relationships>',
        "xl/sharedStrings.xml": f"<sst {NS}><si><r><t>num</t></r><r><t>ber</t></r></si></sst>",
        "xl/styles.xml": f'<styleSheet {NS}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/s.xml": sheet,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_workbooks_and_json_are_tables() -> None:
    table = Table(as_csv(workbook()))
    assert table.header == ("number", "date", "", "quantity")
    assert [row.cells for row in table.rows()] == [("1001", "2026-11-21", "", "2.5")]
    told: Any = {
        "invoices": [{"number": "1", "customer": {"area": "N"}, "lines": [{"code": "A"}, {"code": "B", "name": None}]}]
    }
    table = Table(as_csv(msgspec.json.encode(told)))
    assert table.header == ("number", "customer_area", "code", "name")
    assert [row.cells for row in table.rows()] == [("1", "N", "A", ""), ("1", "N", "B", "")]


@pytest.mark.parametrize("cells", [220_000, 2_500_000])
def test_workbooks_that_grow_too_much_are_refused_before_they_do(cells: int) -> None:
    sheet = f"<worksheet {NS}><sheetData><row>{'<c/>' * cells}</row></sheetData></worksheet>"
    with pytest.raises(WorkbookUnreadableError, match="too large when unpacked"):
        as_csv(workbook(sheet))


@pytest.mark.parametrize("sheet", ["<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>", "<worksheet", SHEET.replace("D3", "ZZZ3"), SHEET.replace(">0<", ">9<")])  # fmt: skip
def test_hostile_and_damaged_workbooks_are_refused(sheet: str) -> None:
    with pytest.raises(WorkbookUnreadableError):
        as_csv(workbook(sheet))
    with pytest.raises(JsonUnreadableError):
        as_csv(b'{"a": [1')


def test_nobody_promises_goods_for_ever() -> None:
    raw = {"number": "1", "lines": [{"code": "A", "quantity": 1}], "date": "2026-11-20"}
    told = read_invoice(raw | {"ship_by": "31-12-9999"})
    assert [problem.field for problem in told.problems] == ["ship_by"]
    assert "more than 5 years ahead" in told.problems[0].sentence.english
    assert read_invoice(raw | {"ship_by": "2027-12-31"}).draft is not None
