"""Returns from the marketplace's announcement to goods on the shelf, with a marketplace that refuses and breaks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.channels.accounts import AccountRef, Mode
from entrepot.channels.contract import Capability, ConfirmsShipments, RawDocument, ShipmentNotice, ShippedLine
from entrepot.channels.contract_returns import ReturnOutcome
from entrepot.channels.errors import AccountImportOnlyError
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.jobs.inline import InlineEngine, run_inline
from entrepot.kit.database import Database
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.scope import Scope
from entrepot.orders.service import OrderService
from entrepot.orders.views import Filters, list_orders
from entrepot.returns import views
from entrepot.returns.domain import Goods, LineState, ReturnState
from entrepot.returns.errors import (
    AlreadyHandledError,
    GoodsStayError,
    HandledMeanwhileError,
    NoLocationError,
    NotThatManySentError,
    TooManyUnitsError,
)
from entrepot.returns.intake import RETURNS
from entrepot.returns.jobs import on_accounts, on_orders, on_products
from entrepot.returns.refs import ReturnRef
from entrepot.returns.service import Decision, ReturnService
from entrepot.returns.tasks import ImportReturns, TellChannel
from entrepot.sandbox.faults import Fault
from tests.conftest import MakeClient
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_pushes import shipped_order
from tests.fulfilment.test_way_through import pack, pick_all, release, ship
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio

type Handler = Callable[[AsyncSession, Sequence[RecordedEvent]], Awaitable[None]]


class Patience(InlineEngine):
    """Time flies while a run sleeps."""

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self.floor = floor
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.floor.world.clock.advance(seconds)


async def announced(floor: Floor) -> tuple[AccountRef, ReturnRef]:
    """Let the buyer of an order send it back, and read that."""
    account = await sent(floor)
    floor.world.clock.advance(60)
    await read(floor, account)
    async with floor.transaction() as session:
        [found, *_] = await views.returns(session, state="open")
        return account, await ReturnService(session).goods_return(found.id)


async def sent(floor: Floor) -> AccountRef:
    """Ship an order of the marketplace, and tell it."""
    account, shipment, order = await shipped_order(floor)
    async with floor.transaction() as session:
        connector = await ChannelService(session, floor.connections).connector(account.id)
    assert isinstance(connector, ConfirmsShipments)
    lines = tuple(ShippedLine(channel_line_id=one.channel_line_id, quantity=one.quantity) for one in order.lines)
    await connector.confirm_shipment(
        ShipmentNotice(
            channel_order_id=order.channel_order_id, reference=str(shipment.id), lines=lines, carrier="postnl"
        )
    )
    return account


async def read(floor: Floor, account: AccountRef) -> object:
    args = ImportReturns(seller_id=floor.seller_id, account_id=account.id)
    return await run_inline(floor.database, floor.box, floor.settings, args)


async def decide(floor: Floor, found: ReturnRef, decision: Decision, version: int | None = None) -> ReturnRef:
    async with floor.transaction() as session:
        return await ReturnService(session).decide(found.id, found.lines[0].id, decision, version=version)


async def tell(floor: Floor, found: ReturnRef) -> tuple[object, Patience]:
    assert found.account_id is not None
    args = TellChannel(
        seller_id=floor.seller_id, account_id=found.account_id, return_id=found.id, line_id=found.lines[0].id
    )
    patience = Patience(floor)
    return await run_inline(floor.database, floor.box, floor.settings, args, engine=patience), patience


async def again(floor: Floor, found: ReturnRef) -> ReturnRef:
    async with floor.transaction() as session:
        return await ReturnService(session).goods_return(found.id)


async def on_hand(floor: Floor, product: UUID | None) -> object:
    return (await floor.rows("SELECT coalesce(sum(on_hand), 0) FROM stock_level WHERE product_id = :id", id=product))[
        0
    ][0]


def restock(found: ReturnRef, floor: Floor, **changes: object) -> Decision:
    values: dict[str, object] = {
        "outcome": ReturnOutcome.RECEIVED,
        "quantity": found.lines[0].quantity,
        "goods": Goods.RESTOCK,
        "location_id": floor.shelves["B"],
    }
    return Decision(**values | changes)  # type: ignore[arg-type]  # of the right types


async def test_a_return_is_announced_decided_told_and_back_on_the_shelf(floor: Floor) -> None:
    account, found = await announced(floor)
    line = found.lines[0]
    assert found.order_id
    assert found.number == f"BOL-R{found.channel_return_id}"
    assert (line.product_id is not None, line.state, bool(line.tracking)) == (True, LineState.OPEN, True)
    before = await on_hand(floor, line.product_id)

    decided = await decide(floor, found, restock(found, floor), version=found.version)

    assert decided.lines[0].state is LineState.TELLING
    assert await on_hand(floor, line.product_id) == int(str(before)) + line.quantity
    result, _ = await tell(floor, found)
    assert result == {"told": True, "problem": ""}
    assert (await again(floor, found)).lines[0].state is LineState.HANDLED
    sandbox = floor.world.accounts["sandbox-seller-1"].returns.returns[found.channel_return_id]
    assert sandbox.items[0].decisions[0].outcome == "RETURN_RECEIVED"
    await read(floor, account)
    last = await again(floor, found)
    assert (last.lines[0].outcome, last.lines[0].goods) == ("received", "restock")
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_reading_twice_changes_nothing(floor: Floor) -> None:
    account, found = await announced(floor)

    assert await read(floor, account) == {"new": 0, "changed": 0, "unchanged": 0, "failed": 0}
    assert await again(floor, found) == found


async def test_what_the_channel_refuses_needs_a_person_and_moves_no_goods_twice(floor: Floor) -> None:
    _, found = await announced(floor)
    first = await decide(floor, found, restock(found, floor))
    stock = await on_hand(floor, found.lines[0].product_id)
    returns = floor.world.accounts["sandbox-seller-1"].returns
    kept = returns.returns[found.channel_return_id].items[0].quantity
    returns.returns[found.channel_return_id].items[0].quantity = 0  # the marketplace knows better

    await tell(floor, found)

    refused = await again(floor, found)
    assert refused.state is ReturnState.FAILED
    assert "expected" in refused.lines[0].problem
    returns.returns[found.channel_return_id].items[0].quantity = kept
    assert first.version < refused.version
    await decide(floor, refused, restock(found, floor))
    await tell(floor, found)
    assert (await again(floor, found)).state is ReturnState.HANDLED
    assert await on_hand(floor, found.lines[0].product_id) == stock


async def test_waits_longer_each_time(floor: Floor) -> None:
    _, found = await announced(floor)
    await decide(floor, found, restock(found, floor, goods=Goods.WRITE_OFF, location_id=None))
    floor.world.faults.add(Fault(kind="slow", endpoint="POST /shared/process-status", seconds=0))
    for process in floor.world.accounts["sandbox-seller-1"].processes.processes.values():
        assert process.status != "PENDING"
    object.__setattr__(floor.world.options, "process_seconds", 30.0)

    _, patience = await tell(floor, found)

    assert patience.slept == sorted(patience.slept)
    assert patience.slept[:3] == [2.0, 4.0, 8.0]
    assert (await again(floor, found)).state is ReturnState.HANDLED


async def test_refuses_what_cannot_be(floor: Floor) -> None:
    _, found = await announced(floor)
    with pytest.raises(TooManyUnitsError):
        await decide(floor, found, restock(found, floor, quantity=found.lines[0].quantity + 1))
    with pytest.raises(NoLocationError):
        await decide(floor, found, restock(found, floor, location_id=None))
    with pytest.raises(GoodsStayError):
        await decide(floor, found, restock(found, floor, outcome=ReturnOutcome.BUYER_KEEPS))
    with pytest.raises(HandledMeanwhileError):
        await decide(floor, found, restock(found, floor), version=found.version + 1)
    await decide(floor, found, restock(found, floor))
    with pytest.raises(AlreadyHandledError):
        await decide(floor, found, restock(found, floor))
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_an_account_that_only_imports_is_told_nothing(floor: Floor) -> None:
    account, found = await announced(floor)
    async with floor.transaction() as session:
        await ChannelService(session, floor.connections).switch(account.id, Mode.IMPORT_ONLY)

    with pytest.raises(AccountImportOnlyError):
        await decide(floor, found, restock(found, floor))


async def test_a_broken_document_stops_no_other(floor: Floor) -> None:
    account, _ = await announced(floor)
    broken = RawDocument(document_id="99", fingerprint="1", raw=b'{"returnId": "99"}')
    async with floor.transaction() as session:
        await ChannelService(session).store_documents(account, RETURNS, [broken])

    result = await read(floor, account)

    assert result == {"new": 0, "changed": 0, "unchanged": 0, "failed": 1}


async def test_a_return_that_came_before_its_order_is_joined_later(floor: Floor) -> None:
    _, found = await announced(floor)
    line = found.lines[0]
    await floor.rows(
        "UPDATE goods_return SET order_id = NULL, order_number = '' WHERE id = :id RETURNING 1", id=found.id
    )
    await floor.rows(
        "UPDATE return_line SET product_id = NULL, sku = '' WHERE return_id = :id RETURNING 1", id=found.id
    )

    await react(floor, on_products, "catalog.product_changed", line.product_id)
    assert (await again(floor, found)).lines[0].sku in {"", line.sku}
    await react(floor, on_orders, "orders.order_imported", found.order_id)

    joined = await again(floor, found)
    assert (joined.order_id, joined.order_number) == (found.order_id, found.order_number)
    assert (joined.lines[0].product_id, joined.lines[0].sku) == (line.product_id, line.sku)


async def react(floor: Floor, handler: Handler, topic: str, subject: UUID | None) -> None:
    """Feed one event to a reaction."""
    values: Mapping[str, object] = dict.fromkeys(RecordedEvent.__struct_fields__)
    event = RecordedEvent(**dict(values) | {"subject_id": subject, "topic": topic, "payload": {}})  # type: ignore[arg-type]  # nobody looks at the rest
    async with floor.transaction() as session:
        await handler(session, [event])


async def test_accounts_are_read_by_schedule(floor: Floor) -> None:
    account, _ = await announced(floor)
    await react(floor, on_accounts, "channels.account_connected", account.id)

    names = await floor.rows("SELECT name FROM job_schedule WHERE name = :name", name=f"returns.import:{account.id}")
    assert names
    assert Capability.READ_RETURNS in connectors()["bol"].capabilities


async def test_pages_and_api(
    floor: Floor, client: httpx.AsyncClient, make_client: MakeClient, seller: SellerRef
) -> None:
    _, found = await announced(floor)
    listed = await client.get("/returns", params={"q": found.number})
    assert found.number in listed.text
    page = await client.get(f"/returns/{found.id}")
    assert page.status_code == 200
    line = found.lines[0]
    form = {"outcome": "received", "goods": "restock", "quantity": "1", "version": str(found.version)}
    refused = await client.post(f"/returns/{found.id}/lines/{line.id}", data=form)
    assert (refused.status_code, "Choose the location" in refused.text) == (422, True)
    empty = await client.post(f"/returns/{found.id}/lines/{line.id}", data={"outcome": "nonsense"})
    assert empty.status_code == 422

    answer = await client.get("/api/v1/returns", params={"state": "open", "limit": 1})
    assert answer.json()["items"][0]["id"] == str(found.id)
    decided = await client.post(
        f"/api/v1/returns/{found.id}/lines/{line.id}/handle",
        json={"outcome": "received", "goods": "restock", "quantity": 1, "location_id": str(floor.shelves["A"])},
    )
    assert decided.json()["lines"][0]["state"] == "telling", decided.text
    assert (await client.get("/api/v1/returns", params={"cursor": "x"})).status_code == 422
    reader = await make_client(seller, frozenset({Right.RETURNS_READ}))
    assert (await reader.post(f"/returns/{found.id}/lines/{line.id}", data=form)).status_code == 403
    assert (await reader.get(f"/returns/{found.id}")).status_code == 200


async def test_nobody_sees_another_sellers_returns(
    floor: Floor, database: Database, make_seller: object, seller: SellerRef
) -> None:
    await announced(floor)
    other = await make_seller()  # type: ignore[operator]  # a fixture that is a function
    async with database.transaction(Scope.of(other.id)) as session:
        assert await views.returns(session) == []
        assert (await session.execute(text("SELECT count(*) FROM return_line"))).scalar_one() == 0
    assert seller.id != other.id


async def unannounced(floor: Floor) -> tuple[AccountRef, ReturnRef, int]:
    """Ship an order whose buyer says nothing, and register what came back of it; returns how many units were sent, too."""
    object.__setattr__(floor.world.options, "return_share", 0.0)
    account = await sent(floor)
    async with floor.transaction() as session:
        [known] = (await list_orders(session, Filters(sellers=[floor.seller_id]), limit=2)).rows
        order = await OrderService(session).order(known.id)
        line = order.lines[0]
        return account, await ReturnService(session).register(order.id, line.id, 1), line.quantity


async def test_what_comes_back_unannounced_is_registered_and_named_by_the_channel_later(floor: Floor) -> None:
    account, found, sold = await unannounced(floor)
    line = found.lines[0]
    assert (found.state, found.channel_return_id, line.product_id is not None) == (ReturnState.OPEN, "", True)
    assert found.order_id is not None
    line_id = await line_of(floor, found)
    async with floor.transaction() as session:
        service = ReturnService(session)
        if sold > 1:
            with pytest.raises(TooManyUnitsError):
                await service.register(found.order_id, line_id, sold)
            await service.register(found.order_id, line_id, sold - 1)
        with pytest.raises(NotThatManySentError):
            await service.register(found.order_id, line_id, 1)
    await decide(floor, found, restock(found, floor))
    result, _ = await tell(floor, found)
    assert result == {"told": True, "problem": ""}

    await read(floor, account)

    told = await again(floor, found)
    [theirs] = floor.world.accounts["sandbox-seller-1"].returns.returns.values()
    assert (told.state, told.channel_return_id, told.number) == (ReturnState.HANDLED, theirs.return_id, found.number)
    assert told.lines[0].channel_return_line_id == theirs.items[0].rma_id
    assert await read(floor, account) == {"new": 0, "changed": 0, "unchanged": 0, "failed": 0}


async def test_registering_is_never_said_twice(floor: Floor) -> None:
    _, found, _ = await unannounced(floor)
    await decide(floor, found, restock(found, floor))
    await floor.rows(
        "UPDATE return_line SET process_ref = '?' WHERE id = :id RETURNING 1", id=found.lines[0].id
    )  # the worker died after asking

    await tell(floor, found)

    doubtful = await again(floor, found)
    assert doubtful.state is ReturnState.FAILED
    assert "not known whether" in doubtful.lines[0].problem
    assert not floor.world.accounts["sandbox-seller-1"].returns.returns


async def test_what_nobody_is_told_about_comes_back_the_same_way(floor: Floor, client: httpx.AsyncClient) -> None:
    """An order of no channel: decided is handled, and no run waits for anybody's answer."""
    await floor.stock(MUG=5)
    order_id = await floor.order(("MUG", 2))
    [list_id] = (await release(floor, order_id)).pick_list_ids
    await pick_all(floor, list_id)
    parcel = await pack(floor, order_id)
    await floor.desk().make(parcel.id)
    await ship(floor, parcel.id)
    async with floor.transaction() as session:
        [line] = (await OrderService(session).order(order_id)).lines
    page = await client.get(f"/orders/{order_id}")
    assert "Something came back unannounced" in page.text

    made = await client.post(
        "/api/v1/returns", json={"order_id": str(order_id), "line_id": str(line.id), "quantity": 2}
    )

    assert made.status_code == 201, made.text
    assert (made.json()["account_id"], made.json()["state"]) == (None, "open")
    again_ = await client.post("/returns/register", data={"order_id": order_id, "line_id": line.id, "quantity": "1"})
    assert "is registered as returned already" in again_.text
    async with floor.transaction() as session:
        found = await ReturnService(session).goods_return(UUID(made.json()["id"]))
    handled = await decide(floor, found, restock(found, floor))
    assert (handled.state, handled.lines[0].state) == (ReturnState.HANDLED, LineState.HANDLED)
    assert await on_hand(floor, line.product_id) == 5
    runs = "SELECT 1 FROM job_run WHERE job = 'returns.tell_channel' AND seller_id = :id"
    assert await floor.rows(runs, id=floor.seller_id) == []
    shown = await client.get(f"/returns/{found.id}")
    assert "No channel is told" in shown.text
    assert found.number in (await client.get("/returns")).text
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_registering_over_pages_and_api(floor: Floor, client: httpx.AsyncClient) -> None:
    _, found, _ = await unannounced(floor)
    order = await client.get(f"/orders/{found.order_id}")
    assert "Something came back unannounced" in order.text
    assert found.number in order.text
    line_id = str(await line_of(floor, found))
    form = {"order_id": str(found.order_id), "line_id": line_id, "quantity": "9999"}
    refused = await client.post("/returns/register", data=form)
    assert refused.status_code == 422
    assert (await client.post("/returns/register", data=form | {"quantity": "some"})).status_code == 422
    over = await client.post("/api/v1/returns", json={**form, "quantity": 9999})
    assert over.status_code == 422
    assert over.json()["type"].rpartition("returns.")[2] in {"too_many", "none_left"}, over.text


async def line_of(floor: Floor, found: ReturnRef) -> UUID:
    """Return the order's line that came back."""
    assert found.order_id is not None
    async with floor.transaction() as session:
        return (await OrderService(session).order(found.order_id)).lines[0].id
