"""What becomes of invoices: each ends as an order, as nothing new, or before a person."""

import asyncio
from itertools import chain
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.imports.contract import ImportRow, Options
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.orders.invoices import views
from entrepot.orders.invoices.errors import CreditStandsError, InvoiceShippedError, NotWaitingError, WrongProductError
from entrepot.orders.invoices.refs import Result, SourceRef, Taken
from entrepot.orders.invoices.service import InvoiceService
from entrepot.orders.invoices.table import apply_invoices
from entrepot.orders.service import OrderService, OrderStatus
from tests.orders.factories import ADDRESS, World, add_product, make_world
from tests.statements import sent

pytestmark = pytest.mark.anyio


def invoice(number: str = "INV-0001", *lines: tuple[str, int], **rest: Any) -> dict[str, Any]:  # noqa: ANN401 -- any field
    customer = {"number": "C7", "name": "Bakkerij Jansen", "area": "North", "route": "12", "street": "Dam 1",
                "postcode": "1012 JS", "city": "Amsterdam", "country": "NL"}  # fmt: skip
    return {
        "number": number,
        "date": "2026-11-20",
        "salesman": "Eva",
        "priority": 5,
        "remarks": "ring twice",
        "customer": customer,
        "lines": [
            {"code": code, "quantity": quantity, "price": "9.95", "shelf": "A-01", "lot": "L7", "packing": "box of 6"}
            for code, quantity in (lines or (("MUG-BLUE", 2),))
        ],
    } | rest


class Erp:
    """A program that sends invoices."""

    def __init__(self, session: AsyncSession, world: World, source: SourceRef) -> None:
        self.session = session
        self.world = world
        self.source = source
        self.service = InvoiceService(session)
        self.orders = OrderService(session)

    async def send(self, *raws: object) -> list[Taken]:
        return await self.service.take(self.source, raws, origin="api")

    async def send_one(self, raw: object) -> Taken:
        return (await self.send(raw))[0]


def id_of(taken: Taken) -> UUID:
    assert taken.invoice_id is not None
    return taken.invoice_id


@pytest.fixture
async def erp(session: AsyncSession, seller: SellerRef) -> Erp:
    world = await make_world(session, seller.id, [("MUG-BLUE", 10), ("MUG-RED", 5)])
    source = await InvoiceService(session).make_source(seller.id, "erp", "The ERP")
    return Erp(session, world, source)


async def test_an_invoice_becomes_an_order_once(erp: Erp) -> None:
    first = await erp.send_one(invoice())
    assert (first.result, first.order_number, first.problems) == (Result.CREATED, "INV-0001", ())
    assert first.order_id is not None
    order = await erp.orders.order(first.order_id)
    assert (order.status, order.unit_count, order.total) == (OrderStatus.RESERVED, 2, order.goods_total)
    again = await erp.send_one(invoice(remarks=" ring twice ", priority="5"))
    assert (again.result, again.order_id) == (Result.UNCHANGED, first.order_id)
    priority = await erp.session.execute(text("SELECT priority FROM sales_order WHERE id = :id"), {"id": order.id})
    assert priority.scalar_one() == 5


async def test_a_bad_invoice_waits_and_the_others_go_on(erp: Erp) -> None:
    bad = invoice("INV-0002", priority="soon") | {"lines": [{"code": "MUG-BLUE", "quantity": "-1"}, {"quantity": 1}]}
    taken = await erp.send(invoice("INV-0001"), bad, "nonsense", {"lines": []}, invoice("INV-0003", ("MUG-RED", 1)))
    assert [one.result for one in taken] == ["created", "attention", "attention", "attention", "created"]
    assert {problem.field for problem in taken[1].problems} == {"priority", "lines.1.quantity", "lines.2.code"}
    assert "between 1 and 1,000,000" in taken[1].problems[1].sentence.english
    assert taken[3].number.startswith("?")
    again = await erp.send_one({"lines": []})
    assert again.invoice_id == taken[3].invoice_id  # what has no number is known by its content
    good = await erp.service.again(id_of(taken[1]), invoice("INV-0002"))
    assert (good.result, good.invoice_id) == (Result.CREATED, taken[1].invoice_id)
    await erp.service.dismiss(id_of(again), "a test page")
    with pytest.raises(NotWaitingError):
        await erp.service.again(id_of(good))


async def test_a_changed_invoice_changes_its_order(erp: Erp) -> None:
    first = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 2), ("MUG-RED", 1)))
    assert first.order_id is not None
    changed = invoice("INV-0001", ("MUG-RED", 1), ("MUG-BLUE", 3), remarks="leave at the door", priority=9)
    second = await erp.send_one(changed)
    assert (second.result, second.order_id) == (Result.UPDATED, first.order_id)
    order = await erp.orders.order(first.order_id)
    assert {line.sku: line.open_quantity for line in order.lines} == {"MUG-BLUE": 3, "MUG-RED": 1}
    assert (order.status, len(order.lines), order.unit_count) == (OrderStatus.RESERVED, 2, 4)
    third = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 3)))
    order = await erp.orders.order(first.order_id)
    assert third.result is Result.UPDATED
    assert [line.open_quantity for line in order.lines] == [3, 0]
    assert order.total == order.goods_total == 3 * order.lines[0].unit_price
    wishes = await views.wishes(erp.session, [order.id])
    assert [(wish.sku, wish.shelf, wish.lot) for wish in wishes] == [("MUG-BLUE", "A-01", "L7")]
    note = (await views.picker_notes(erp.session, [order.id]))[order.id]
    assert (note.salesman, note.area, note.route, note.remarks) == ("Eva", "North", "12", "ring twice")


async def test_an_address_corrected_here_stays(erp: Erp) -> None:
    first = await erp.send_one(invoice())
    assert first.order_id is not None
    await erp.orders.correct_address(first.order_id, ADDRESS)
    await erp.send_one(invoice(remarks="other"))
    assert (await erp.orders.order(first.order_id)).shipping_address["street"] == "Keizersgracht"
    moved = invoice() | {"ship_to": {"street": "Singel 2"}}
    await erp.send_one(moved)
    assert (await erp.orders.order(first.order_id)).shipping_address["street"] == "Singel 2"


async def test_what_was_picked_or_cancelled_is_told_by_name(erp: Erp) -> None:
    first, second = await erp.send(invoice("INV-0001"), invoice("INV-0002"))
    assert first.order_id is not None
    assert second.order_id is not None
    await erp.orders.advance([first.order_id], OrderStatus.PICKING)
    await erp.orders.advance([first.order_id], OrderStatus.PICKED)
    await erp.orders.cancel([second.order_id])
    picked, cancelled = await erp.send(invoice("INV-0001", ("MUG-RED", 1)), invoice("INV-0002", ("MUG-RED", 1)))
    assert (picked.result, picked.order_id) == (Result.ATTENTION, first.order_id)
    assert "goods of order INV-0001 are picked" in picked.problems[0].sentence.english
    assert "order INV-0002 was cancelled here" in cancelled.problems[0].sentence.english
    back = await erp.send_one(invoice("INV-0002", cancelled=True))
    assert back.result is Result.CANCELLED
    await erp.service.dismiss(id_of(picked), "the floor keeps it")
    assert (await erp.service.numbered(erp.source, "INV-0001")).state == "taken"


async def test_credit_notes_take_back(erp: Erp) -> None:
    first = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 3), ("MUG-RED", 2)))
    assert first.order_id is not None
    note = {"number": "CR-1", "kind": "credit", "credits": "INV-0001", "lines": [{"code": "MUG-BLUE", "quantity": 1}]}
    part = await erp.send_one(note)
    assert (part.result, part.order_id) == (Result.CREDITED, first.order_id)
    order = await erp.orders.order(first.order_id)
    assert {line.sku: line.open_quantity for line in order.lines} == {"MUG-BLUE": 2, "MUG-RED": 2}
    assert (await erp.send_one(note)).result is Result.UNCHANGED
    much = await erp.send_one(note | {"number": "CR-2", "lines": [{"code": "MUG-RED", "quantity": 9}]})
    assert "has only 2 left" in much.problems[0].sentence.english
    unknown = await erp.send_one(note | {"number": "CR-3", "credits": "INV-9"})
    assert "Invoice INV-9 is not here" in unknown.problems[0].sentence.english
    whole = await erp.send_one({"number": "CR-4", "kind": "credit", "credits": "INV-0001"})
    assert whole.result is Result.CREDITED
    assert (await erp.orders.order(first.order_id)).status is OrderStatus.CANCELLED
    assert (await erp.service.numbered(erp.source, "INV-0001")).state == "cancelled"
    assert (await erp.service.again(id_of(unknown), note | {"number": "CR-3"})).number == "CR-3"


async def test_cancelling_a_credit_note_leaves_the_order_of_its_invoice(erp: Erp) -> None:
    first = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 3)))
    assert first.order_id is not None
    note = {"number": "CR-1", "kind": "credit", "credits": "INV-0001", "lines": [{"code": "MUG-BLUE", "quantity": 1}]}
    await erp.send_one(note)
    for word in ({"number": "CR-1", "cancelled": True}, note | {"cancelled": "yes"}, invoice("CR-1", ("MUG-RED", 4))):
        taken = await erp.send_one(word)
        assert "Credit note CR-1 has taken goods back" in taken.problems[0].sentence.english
        with pytest.raises(CreditStandsError):
            await erp.service.cancel(erp.source, "CR-1")
    turned = await erp.send_one(note | {"number": "INV-0001", "credits": "CR-1"})
    assert "came as an invoice before" in turned.problems[0].sentence.english
    order = await erp.orders.order(first.order_id)
    assert (order.status, [line.open_quantity for line in order.lines]) == (OrderStatus.RESERVED, [2])
    await erp.send_one({"number": "CR-2", "kind": "credit", "credits": "INV-9"})  # has taken nothing
    assert (await erp.service.cancel(erp.source, "CR-2")).result is Result.CANCELLED


async def test_a_credit_note_takes_back_once(erp: Erp) -> None:
    first = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 5), ("MUG-RED", 1)))
    assert first.order_id is not None
    order_id = first.order_id

    async def left() -> list[int]:
        return [line.open_quantity for line in (await erp.orders.order(order_id)).lines]

    note = {"number": "CR-1", "kind": "credit", "credits": "INV-0001", "lines": [{"code": "MUG-BLUE", "quantity": 2}]}
    await erp.send_one(note)
    assert (await erp.send_one(note | {"remarks": "broken"})).result is Result.CREDITED
    assert await left() == [3, 1]
    await erp.send_one(note | {"lines": [{"code": "MUG-BLUE", "quantity": 3}]})
    assert await left() == [2, 1]
    less = await erp.send_one(note)
    assert "Credit note CR-1 has taken goods back" in less.problems[0].sentence.english
    await erp.service.dismiss(id_of(less), "a mistake")
    await erp.send_one(note | {"lines": [{"code": "MUG-BLUE", "quantity": 3}], "reason": "broken"})
    again = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 5), ("MUG-RED", 1), remarks="leave at the door"))
    assert (again.result, await left()) == (Result.UPDATED, [2, 1])
    few = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 2), ("MUG-RED", 1)))
    assert "Credit notes took back 3 of MUG-BLUE" in few.problems[0].sentence.english
    await erp.send_one({"number": "CR-2", "kind": "credit", "credits": "INV-0001", "lines": [{"code": "MUG-RED", "quantity": 1}]})  # fmt: skip
    more = await erp.send_one(invoice("INV-0001", ("MUG-BLUE", 2), ("MUG-BLUE", 4), ("MUG-RED", 1)))
    assert (more.result, await left()) == (Result.UPDATED, [2, 0, 1])


async def test_a_cancelled_invoice_never_becomes_an_order(erp: Erp) -> None:
    assert (await erp.send_one({"number": "INV-7", "cancelled": "yes"})).result is Result.CANCELLED
    late = await erp.send_one(invoice("INV-7"))
    assert "was cancelled before" in late.problems[0].sentence.english
    shipped = await erp.send_one(invoice("INV-8"))
    assert shipped.order_id is not None
    await erp.orders.advance([shipped.order_id], OrderStatus.SHIPPED)
    with pytest.raises(InvoiceShippedError):
        await erp.service.cancel(erp.source, "INV-8", "too late")
    broken = await erp.send(invoice("INV-9"), invoice("INV-9", priority="soon"))
    assert [one.result for one in broken] == [Result.CREATED, Result.ATTENTION]
    assert (await erp.service.cancel(erp.source, "INV-9")).result is Result.CANCELLED


async def test_codes_mean_what_somebody_said(erp: Erp) -> None:
    await add_product(erp.session, erp.world, "CUP", 5, gtin="8712345678906")
    by_barcode = invoice("INV-1") | {"lines": [{"code": "theirs", "barcode": "8712345678906", "quantity": 1}]}
    assert (await erp.send_one(by_barcode)).result is Result.CREATED
    waits = await erp.send_one(invoice("INV-2", ("X-1", 1), ("FREIGHT", 1)))
    assert waits.unknown == ("X-1", "FREIGHT")
    assert [one.result for one in await erp.service.explain_code(erp.source, "FREIGHT", None)] == ["attention"]
    assert [one.result for one in await erp.service.explain_code(erp.source, "X-1", "CUP")] == ["created"]
    with pytest.raises(WrongProductError):
        await erp.service.explain_code(erp.source, "X-2", "NOPE")
    only_freight = await erp.send_one(invoice("INV-3", ("FREIGHT", 1)))
    assert "None of the lines is goods" in only_freight.problems[0].sentence.english
    new = await erp.send_one(invoice("INV-4", ("SOON", 1)))
    await add_product(erp.session, erp.world, "SOON", 1)
    assert [one.result for one in await erp.service.again_for(erp.world.seller_id, ["SOON"])] == ["created"]
    assert new.result is Result.ATTENTION


async def test_rows_that_stand_apart_in_a_file_are_not_lost(erp: Erp) -> None:
    def row(number: str, code: str) -> ImportRow:
        return ImportRow(1, 2, {"number": number, "code": code, "quantity": "1", "country": "NL"})

    rows = [row("F-1", "MUG-BLUE"), row("F-2", "MUG-RED"), row("F-1", "MUG-RED")]
    await apply_invoices(erp.session, erp.world.seller_id, rows[:1], Options("file", ".", "erp", UUID(int=1)))
    file = Options("file", ".", "erp", UUID(int=2))
    for chunks in ([rows[:2], rows[2:]], [rows]):
        outcomes = [
            one for chunk in chunks for one in await apply_invoices(erp.session, erp.world.seller_id, chunk, file)
        ]
        assert outcomes[-1].result == "failed"
        assert "rows of invoice F-1 do not stand together" in outcomes[-1].problems[""]
        waiting = await erp.service.numbered(erp.source, "F-1")
        assert [line["code"] for line in waiting.raw["lines"]] == ["MUG-BLUE", "MUG-RED"]
        whole = await erp.service.again(waiting.id)
        assert whole.order_id is not None
        lines = (await erp.orders.order(whole.order_id)).lines
        assert [line.open_quantity for line in lines if line.open_quantity] == [1, 1]
        file = Options("file", ".", "erp", UUID(int=3))


async def test_everything_that_waits_for_a_code_is_taken(erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.orders.invoices.service.AGAIN", 2)
    await erp.send(
        *(invoice(f"W-{number}", ("LATE", 1), *((("NEVER", 1),) if number < 3 else ())) for number in range(5))
    )
    taken = await erp.service.explain_code(erp.source, "LATE", "MUG-BLUE")
    assert sorted(one.result for one in taken) == ["attention"] * 3 + ["created"] * 2


async def test_a_thousand_invoices_take_few_statements(erp: Erp, database: Database) -> None:
    await add_product(erp.session, erp.world, "BULK", 5000)
    many = [invoice(f"N-{number:05}", ("BULK", 1), ("MUG-BLUE", 1), remarks=str(number)) for number in range(300)]
    taken, statements = await counted(erp, database, many)
    assert {one.result for one in taken} == {Result.CREATED}
    assert statements < 40
    changed = [one | {"lines": [{"code": "BULK", "quantity": 2}]} for one in many]
    taken, statements = await counted(erp, database, changed)
    assert {one.result for one in taken} == {Result.UPDATED}
    assert statements < 60


async def counted(erp: Erp, database: Database, raws: list[dict[str, Any]]) -> tuple[list[Taken], int]:
    """Send invoices, and count the statements that it takes."""
    with sent(database) as seen:
        taken = await erp.service.take(erp.source, raws, origin="api")
    return taken, len(seen)


async def test_sent_twice_at_once_it_is_one_order(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await make_world(session, seller.id, [("MUG-BLUE", 10)])
        source = await InvoiceService(session).make_source(seller.id, "erp", "The ERP")
    numbers = [f"INV-{number}" for number in range(6)]

    async def send(order: list[str]) -> list[str]:
        async with database.transaction(Scope.of(seller.id)) as session:
            raws = [invoice(number, ("MUG-BLUE", 1)) for number in order]
            return [str(one.result) for one in await InvoiceService(session).take(source, raws, origin="api")]

    results = await asyncio.gather(*(send(numbers[::step]) for step in (1, -1, 1, -1)))
    assert sorted(chain.from_iterable(results)) == ["created"] * 6 + ["unchanged"] * 18
    async with database.transaction(Scope.of(seller.id)) as session:
        orders = await session.execute(
            text("SELECT count(*) FROM sales_order WHERE seller_id = :id"), {"id": seller.id}
        )
        assert orders.scalar_one() == 6


async def test_two_people_do_not_decide_about_one_invoice(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        source = await InvoiceService(session).make_source(seller.id, "erp", "The ERP")
        waits = id_of((await InvoiceService(session).take(source, ["nonsense"], origin="api"))[0])

    async def dismiss() -> None:
        async with database.transaction(Scope.of(seller.id)) as session:
            await InvoiceService(session).dismiss(waits, "a test page")

    told = await asyncio.gather(dismiss(), dismiss(), dismiss(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in told) == ["NoneType", "NotWaitingError", "NotWaitingError"]
