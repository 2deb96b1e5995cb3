"""What goes over and comes back is remembered, once."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.erp import views
from entrepot.erp.accounts import ErpHealth
from entrepot.erp.contract import ErpStock, HandOver, HandOverState
from entrepot.erp.errors import ErpAwayError, ErpCredentialsRejectedError, ErpPausedError, ErpWarehouseUnknownError
from entrepot.erp.service import ErpService
from entrepot.kit.clock import now
from entrepot.kit.outbox import read_subjects
from tests.connectors.jtl.orders import order
from tests.erp.conftest import add_erp_account

pytestmark = pytest.mark.anyio


def stock(sku: str, warehouse: str, available: int, *, buffer: int = 0) -> ErpStock:
    return ErpStock(
        sku=sku, warehouse=warehouse, on_hand=Decimal(available + buffer), buffer=buffer, available=available
    )


async def test_stock_is_summed_over_the_warehouses_that_count(session: AsyncSession, seller: SellerRef) -> None:
    erp, service = await add_erp_account(session, seller.id, "1", "2", "3"), ErpService(session)
    rows = [stock("A", "1", 3, buffer=2), stock("A", "2", 4), stock("A", "3", 50), stock("B", "3", 1)]
    assert await service.record_stock(erp, rows, now()) == 4

    assert await views.stock(session, erp, ["A", "B", "C"]) == {"A": 57, "B": 1}
    await service.change(erp, warehouses=["1", "2"])
    assert await views.stock(session, erp, ["A", "B", "C"]) == {"A": 7, "B": 0}, "out of stock is not unknown"
    with pytest.raises(ErpWarehouseUnknownError):
        await service.change(erp, warehouses=["9"])
    shown = [(row.sku, row.warehouse, row.counts) for row in await views.stock_rows(session, erp)]
    assert shown == [("A", "1", True), ("A", "2", True), ("A", "3", False), ("B", "3", False)]
    assert [row.warehouse for row in await views.stock_rows(session, erp, search="b")] == ["3"]
    assert len(await views.stock_rows(session, erp, after=("A", "2"))) == 2
    assert [(one.warehouse, one.articles, one.counts) for one in await views.stock_summary(session, erp)] == [
        ("1", 1, True),
        ("2", 1, True),
        ("3", 2, False),
    ]


async def test_only_what_changed_counts_as_changed(session: AsyncSession, seller: SellerRef) -> None:
    erp, service = await add_erp_account(session, seller.id), ErpService(session)
    first = now()
    await service.record_stock(erp, [stock("A", "1", 3), stock("B", "1", 4)], first)

    again = await service.record_stock(erp, [stock("A", "1", 3), stock("B", "1", 5)], first + timedelta(seconds=1))

    assert again == 1
    assert (await service.account(erp)).stock_read_at == first + timedelta(seconds=1)


async def test_what_a_reading_no_longer_holds_is_gone(session: AsyncSession, seller: SellerRef) -> None:
    erp, service = await add_erp_account(session, seller.id), ErpService(session)
    start = now()
    await service.record_stock(erp, [stock("A", "1", 3), stock("B", "1", 4), stock("C", "1", 5)], start)

    await service.record_stock(erp, [], start + timedelta(seconds=1), asked=["A"])
    assert await views.stock(session, erp, ["A", "B", "C"]) == {"B": 4, "C": 5}
    await service.record_stock(erp, [stock("B", "1", 4)], start + timedelta(seconds=2))
    assert await views.stock(session, erp, ["A", "B", "C"]) == {"B": 4, "C": 5}
    await service.record_stock(erp, [stock("B", "1", 4)], start + timedelta(seconds=3), complete=True)
    assert await views.stock(session, erp, ["A", "B", "C"]) == {"B": 4}


async def test_an_older_reading_overwrites_nothing(session: AsyncSession, seller: SellerRef) -> None:
    erp, service = await add_erp_account(session, seller.id), ErpService(session)
    later = now()
    await service.record_stock(erp, [stock("A", "1", 3)], later)

    await service.record_stock(erp, [stock("A", "1", 99)], later - timedelta(seconds=5), complete=True)

    assert await views.stock(session, erp, ["A"]) == {"A": 3}


async def test_what_the_erp_has_stays_handed_over(session: AsyncSession, seller: SellerRef) -> None:
    erp, service = await add_erp_account(session, seller.id), ErpService(session)

    async def record(state: HandOverState, problem: str = "") -> None:
        outcome = HandOver(reference="A", state=state, problem=problem)
        await service.record_hand_overs(erp, [order("A")], [outcome], way="insert")

    await record(HandOverState.REFUSED, "No.")
    refused = (await service.handed_over(erp, ["A", "B"]))["A"]
    assert (refused.state, refused.problem, refused.handed_over_at) == (HandOverState.REFUSED, "No.", None)
    await record(HandOverState.ACCEPTED)
    accepted = (await service.handed_over(erp, ["A"]))["A"]
    assert (accepted.state, accepted.problem, accepted.attempts) == (HandOverState.ACCEPTED, "", 2)
    await record(HandOverState.REFUSED, "Suddenly no.")
    after = (await service.handed_over(erp, ["A"]))["A"]
    assert (after.state, after.problem) == (HandOverState.ACCEPTED, "")
    assert after.handed_over_at == accepted.handed_over_at

    assert [one.reference for one in await views.hand_overs(session, erp)] == ["A"]
    assert await views.hand_overs(session, erp, state=HandOverState.REFUSED) == []
    assert await views.hand_overs(session, erp, references=["B"]) == []
    assert await views.hand_overs(session, erp, before=after.id) == []
    counts = (await views.hand_over_counts(session))[erp]
    assert (counts.taken, counts.refused) == (1, 0)


async def test_health_follows_what_happens(session: AsyncSession, seller: SellerRef) -> None:
    erp, service = await add_erp_account(session, seller.id), ErpService(session)

    await service.record_failure(erp, ErpAwayError(erp="JTL-Wawi", reason="silence"))
    failing = await service.account(erp)
    assert (failing.health, failing.usable) == (ErpHealth.FAILING, True)
    await service.record_success(erp)
    assert (await service.account(erp)).health is ErpHealth.HEALTHY
    await service.record_failure(erp, ErpCredentialsRejectedError(erp="JTL-Wawi", reason="x"))
    rejected = await service.account(erp)
    assert (rejected.health, rejected.usable) == (ErpHealth.REJECTED, False)
    with pytest.raises(ErpPausedError):
        rejected.require()
    topics = [event.topic for event in await read_subjects(session, [erp])]
    assert topics == ["erp.account_health_changed"] * 3


async def test_a_paused_account_is_not_used(session: AsyncSession, seller: SellerRef) -> None:
    erp, service = await add_erp_account(session, seller.id), ErpService(session)

    paused = await service.switch(erp, active=False)
    again = await service.switch(erp, active=False)

    assert paused == again
    with pytest.raises(ErpPausedError):
        paused.require()
    assert (await service.switch(erp, active=True)).usable


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("12"), st.integers(0, 9)), max_size=12))
async def test_the_sum_is_the_sum(rows: list[tuple[str, str, int]], session: AsyncSession, seller: SellerRef) -> None:
    erp: UUID = await add_erp_account(session, seller.id, "1", "2")
    await ErpService(session).record_stock(erp, [stock(*row) for row in rows], now())

    last = {(sku, warehouse): available for sku, warehouse, available in rows}
    expected: dict[str, int] = {}
    for (sku, _), available in last.items():
        expected[sku] = expected.get(sku, 0) + available
    assert await views.stock(session, erp, list("ABC")) == expected
