"""Prices reach the channel: once, right, and again after whatever went wrong."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.channels.accounts import Mode
from entrepot.channels.contract_offers import OfferChange
from entrepot.channels.errors import ChannelAwayError, RequestRejectedError
from entrepot.connectors.bol.connector import Bol
from entrepot.jobs.inline import run_inline
from entrepot.kit.call_log import recent_calls
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import read_subjects
from entrepot.offers.prices import jobs as prices_jobs
from entrepot.offers.prices import sending, views
from entrepot.offers.prices.domain import PriceState
from entrepot.offers.prices.lists import ListTerms, PriceLists
from entrepot.offers.prices.planning import Planning
from entrepot.offers.prices.repository import PriceRepository
from entrepot.offers.prices.service import PriceService
from entrepot.offers.prices.tasks import ForgetPrices, TurnPrices
from entrepot.offers.prices.wanting import WantedPrice
from entrepot.sandbox.marketplace.entities import PriceStep
from tests.offers.conftest import CLIENT, Shop
from tests.offers.conftest import shop as shop  # noqa: PLC0414 -- a fixture of the slice
from tests.offers.conftest import world as world  # noqa: PLC0414

pytestmark = pytest.mark.anyio


async def listed(shop: Shop, channel_offer_id: str) -> views.PricedOffer:
    async with shop.database.transaction(shop.scope) as session:
        found = await views.priced_offers(session, account_ids=[shop.account_id])
    return next(offer for offer in found if offer.channel_offer_id == channel_offer_id)


async def want(shop: Shop, offer_id: UUID, price: str) -> None:
    async with shop.database.transaction(shop.scope) as session:
        (outcome,) = await PriceService(session).want(
            [
                WantedPrice(
                    offer_id=offer_id,
                    price=Decimal(price),
                    currency="EUR",
                    source="rule",
                    derivation={"source": "rule", "rule": {"name": "Match", "version": 2}},
                )
            ]
        )
    assert outcome.refused is None


async def publish(shop: Shop) -> sending.SentPrices:
    return await sending.send_all(shop.run(), shop.connections, shop.account_id)


def shown(shop: Shop, channel_offer_id: str) -> dict[int, Decimal]:
    """The prices bol has, by quantity."""
    offer = shop.world.accounts[CLIENT].offers.get(channel_offer_id)
    assert offer is not None
    return {step.quantity: Decimal(str(step.unit_price)) for step in offer.prices}


def set_on_bol(shop: Shop, channel_offer_id: str, *steps: PriceStep) -> None:
    """Somebody changes prices on bol's own pages."""
    offer = shop.world.accounts[CLIENT].offers.get(channel_offer_id)
    assert offer is not None
    offer.prices = steps
    shop.world.accounts[CLIENT].offers.save(offer)


async def test_the_call_that_tells_a_price_is_on_record_before_the_price_is_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.kit.call_log.PAUSE", 60)
    mug = shop.offer("MUG")
    await shop.refresh()
    await want(shop, (await listed(shop, mug)).offer_id, "9.49")
    await publish(shop)
    async with shop.database.transaction(shop.scope) as session:
        calls = await recent_calls(session, subject=mug)
    assert any(call.method != "GET" for call in calls)


async def test_the_full_circle(shop: Shop) -> None:
    """Wanted, published, shown, changed by somebody else, found and repaired; larger quantities keep their prices."""
    mug = shop.offer("MUG")
    set_on_bol(shop, mug, PriceStep(1, Decimal("10.00")), PriceStep(6, Decimal("8.50")), PriceStep(12, Decimal("8.00")))
    await shop.refresh()
    offer = await listed(shop, mug)
    assert (offer.price, offer.wanted, offer.state) == (Decimal("10.00"), None, PriceState.UNKNOWN)

    await want(shop, offer.offer_id, "9.49")
    assert "offers.publish_prices" in await shop.queued()
    sent = await publish(shop)

    assert (sent.published, sent.refused, sent.drifted) == (1, 0, 0)
    assert shown(shop, mug) == {1: Decimal("9.49"), 6: Decimal("8.50"), 12: Decimal("8.00")}
    offer = await listed(shop, mug)
    assert (offer.price, offer.state) == (Decimal("9.49"), PriceState.IN_STEP)

    set_on_bol(shop, mug, PriceStep(1, Decimal("7.00")))
    await shop.refresh()
    assert (await listed(shop, mug)).state == PriceState.TO_PUSH
    await publish(shop)

    assert shown(shop, mug) == {1: Decimal("9.49")}
    assert (await publish(shop)).total == 0
    async with shop.database.transaction(shop.scope) as session:
        events = [event.topic for event in await read_subjects(session, [offer.offer_id]) if "price" in event.topic]
        pushes = await session.execute(
            text("SELECT price, before, outcome, source FROM offer_price_push WHERE offer_id = :id ORDER BY id"),
            {"id": offer.offer_id},
        )
        assert [tuple(row) for row in pushes] == [
            (Decimal("9.49"), Decimal("10.00"), "applied", "rule"),
            (Decimal("9.49"), Decimal("7.00"), "applied", "rule"),
        ]
        drifts = await session.execute(text("SELECT told, found, repaired_at IS NULL FROM offer_price_drift"))
        assert [tuple(row) for row in drifts] == [(Decimal("9.49"), Decimal("7.00"), False)]
    assert events == [
        "offers.price_published",
        "offers.price_drifted",
        "offers.price_published",
        "offers.price_wanted",
    ]


async def test_whoever_else_sets_the_price_is_not_fought_for_ever(shop: Shop) -> None:
    mug = shop.offer("MUG")
    await shop.refresh()
    offer = await listed(shop, mug)
    await want(shop, offer.offer_id, "12.00")
    await publish(shop)

    for _ in range(3):
        set_on_bol(shop, mug, PriceStep(1, Decimal("7.00")))
        await shop.refresh()
        await publish(shop)
        async with shop.database.transaction(shop.scope) as session:  # offers are read a few times a day
            await session.execute(text("UPDATE offer_price_drift SET found_at = found_at - interval '5 hours'"))

    assert shown(shop, mug) == {1: Decimal("7.00")}
    assert (await listed(shop, mug)).state == PriceState.FAILED
    async with shop.database.transaction(shop.scope) as session:
        await PriceService(session).publish_now(offer.offer_id)
    await publish(shop)
    assert shown(shop, mug) == {1: Decimal("12.00")}


async def test_import_only_and_held_accounts_are_told_nothing(shop: Shop) -> None:
    mug = shop.offer("MUG")
    await shop.refresh()
    offer = await listed(shop, mug)
    await shop.switch(Mode.IMPORT_ONLY)
    await want(shop, offer.offer_id, "12.00")
    assert (await publish(shop)).held == "import_only"
    await shop.switch(Mode.LIVE)
    async with shop.database.transaction(shop.scope) as session:
        assert await PriceService(session).hold(shop.seller.id, reason="Too many changes at once")
        assert not await PriceService(session).hold(shop.seller.id, reason="Again")
    assert (await publish(shop)).held == "Too many changes at once"
    assert shown(shop, mug) == {1: Decimal(10)}

    async with shop.database.transaction(shop.scope) as session:
        assert await PriceService(session).resume(shop.seller.id)
    await publish(shop)

    assert shown(shop, mug) == {1: Decimal("12.00")}


async def test_one_refusal_does_not_stop_the_others_and_an_absent_channel_loses_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shop.offer("MUG"), shop.offer("CUP")
    await shop.refresh()
    for offer in (first, second):
        await want(shop, (await listed(shop, offer)).offer_id, "12.00")
    real = Bol.change_offer

    async def refuse_first(_: Bol, change: OfferChange) -> None:
        if change.channel_offer_id == first:
            raise RequestRejectedError(channel="bol.com", status=400, reason="The price is too high.")
        raise ChannelAwayError(channel="bol.com", reason="502")

    monkeypatch.setattr(Bol, "change_offer", refuse_first)
    with pytest.raises(ChannelAwayError):
        await publish(shop)
    assert {(await listed(shop, first)).state, (await listed(shop, second)).state} <= {
        PriceState.FAILED,
        PriceState.TO_PUSH,
    }
    monkeypatch.setattr(Bol, "change_offer", real)
    await publish(shop)  # by another run, at once: the first one gave up

    assert shown(shop, second) == {1: Decimal("12.00")}
    async with shop.database.transaction(shop.scope) as session:
        await PriceRepository(session).forgive_offers([(await listed(shop, first)).offer_id])
    await publish(shop)
    assert shown(shop, first) == {1: Decimal("12.00")}


async def test_a_killed_run_s_prices_are_sent_by_the_next(shop: Shop) -> None:
    mug = shop.offer("MUG")
    await shop.refresh()
    offer = await listed(shop, mug)
    await want(shop, offer.offer_id, "12.00")
    died = new_id()
    async with shop.database.transaction(shop.scope) as session:
        assert len(await PriceRepository(session).claim(shop.account_id, died, limit=10)) == 1

    assert (await publish(shop)).total == 0  # it may still be alive
    async with shop.database.transaction(shop.scope) as session:
        await PriceRepository(session).give_up_for([died])
    await publish(shop)

    assert shown(shop, mug) == {1: Decimal("12.00")}
    assert (await listed(shop, mug)).state == PriceState.IN_STEP


async def test_after_a_planned_price_the_channel_shows_what_it_did_before(shop: Shop) -> None:
    mug = shop.offer("MUG")
    await shop.refresh()
    offer = await listed(shop, mug)
    async with shop.database.transaction(shop.scope) as session:
        plan = await Planning(session).plan(offer.offer_id, Decimal("8.00"), starts_at=now(), ends_at=None)
    await publish(shop)
    assert shown(shop, mug) == {1: Decimal("8.00")}
    async with shop.database.transaction(shop.scope) as session:
        await Planning(session).call_off(plan)
    assert (await listed(shop, mug)).source == "base"
    await publish(shop)

    assert shown(shop, mug) == {1: Decimal(10)}
    offer = await listed(shop, mug)
    assert (offer.price, offer.wanted, offer.state) == (Decimal("10.00"), None, PriceState.UNKNOWN)
    set_on_bol(shop, mug, PriceStep(1, Decimal("11.00")))  # left alone: what the channel says is what it is
    await shop.refresh()
    assert (await listed(shop, mug)).price == Decimal("11.00")


async def test_a_planned_price_called_off_while_it_is_sent_is_taken_back(shop: Shop) -> None:
    mug = shop.offer("MUG")
    await shop.refresh()
    offer = await listed(shop, mug)
    async with shop.database.transaction(shop.scope) as session:
        plan = await Planning(session).plan(offer.offer_id, Decimal("8.00"), starts_at=now(), ends_at=None)
    died = new_id()
    async with shop.database.transaction(shop.scope) as session:
        assert len(await PriceRepository(session).claim(shop.account_id, died, limit=10)) == 1
    set_on_bol(shop, mug, PriceStep(1, Decimal("8.00")))  # it arrives, and the run is killed
    async with shop.database.transaction(shop.scope) as session:
        await Planning(session).call_off(plan)
        await PriceRepository(session).give_up_for([died])

    await publish(shop)

    assert shown(shop, mug) == {1: Decimal(10)}
    assert (await listed(shop, mug)).wanted is None


async def test_the_jobs_find_what_is_due_and_what_is_linked(shop: Shop) -> None:
    """The safety net finds what no event told of; an offer whose product becomes known takes the list's price."""
    mug = shop.offer("MUG")
    await shop.refresh()
    offer = await listed(shop, mug)
    product = await shop.product("MUG")
    async with shop.database.transaction(shop.scope) as session:
        lists = PriceLists(session)
        await lists.put(await lists.create(shop.seller.id, ListTerms(name="All")), [(product, Decimal("7.77"))])
    assert (await listed(shop, mug)).wanted is None
    await shop.refresh()  # finds the product
    async with shop.database.transaction(shop.scope) as session:
        events = [event for event in await read_subjects(session, [offer.offer_id]) if "linked" in event.topic]
        await prices_jobs.on_linked(session, events)
        await session.execute(text("UPDATE job_run SET state = 'cancelled' WHERE job = 'offers.publish_prices'"))
    assert (await listed(shop, mug)).wanted == Decimal("7.77")

    await run_inline(shop.database, shop.box, shop.settings, TurnPrices())
    assert "offers.publish_prices" in await shop.queued()
    await run_inline(shop.database, shop.box, shop.settings, ForgetPrices())
    await publish(shop)

    assert shown(shop, mug) == {1: Decimal("7.77")}
