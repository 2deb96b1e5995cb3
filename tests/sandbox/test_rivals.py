"""Other sellers on the simulated bol: how they behave, who has the buy box, and what a seller's program sees of it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrepot.sandbox.bol.postman import deliver_waiting
from entrepot.sandbox.dice import Dice
from entrepot.sandbox.rivals.behaviours import BEHAVIOURS, Behaviour, Rival, View, act
from entrepot.sandbox.rivals.buy_box import ShownOffer, buy_box
from entrepot.sandbox.rivals.market import Market
from entrepot.sandbox.world import World
from tests.sandbox.conftest import START, MakeWorld
from tests.sandbox.seller import V11, Seller
from tests.sandbox.test_bol_specification import check

pytestmark = pytest.mark.anyio

SKU = "22423"
WEEK = 7 * 24 * 3600


def rival(behaviour: Behaviour, **changes: Any) -> Rival:  # noqa: ANN401 -- passed on
    facts: dict[str, Any] = {
        "offer_id": "o",
        "retailer_id": "1",
        "name": "Other",
        "behaviour": behaviour,
        "normal": Decimal("20.00"),
        "floor": Decimal("14.00"),
        "step": Decimal("0.05"),
        "every": 3600.0,
        "delay": 600.0,
        "due": START,
        "price": Decimal("20.00"),
    }
    return Rival(**(facts | changes))


@pytest.mark.parametrize(
    ("behaviour", "cheapest", "night", "price"),
    [
        ("undercutter", "18.00", False, "17.95"),
        ("undercutter", "14.02", False, "20.00"),
        ("undercutter", None, False, "20.00"),
        ("matcher", "18.00", False, "18.00"),
        ("matcher", "3.00", False, "14.00"),
        ("sleeper", "18.00", False, "20.00"),
        ("sleeper", "18.00", True, "17.95"),
        ("statue", "18.00", True, "20.00"),
    ],
)
def test_a_seller_acts_on_what_it_sees(behaviour: Behaviour, cheapest: str | None, night: bool, price: str) -> None:  # noqa: FBT001 -- a case
    other = rival(behaviour)
    act(other, View(Decimal(cheapest) if cheapest else None, night), Dice(7))
    assert other.price == Decimal(price)


def test_sellers_have_their_moods() -> None:
    view, dice = View(Decimal("18.00"), night=False), Dice(7)
    wave, crazy, absent = rival("oscillator"), rival("madman"), rival("sold_out")
    waves, crazies, stock = set[Decimal](), list[Decimal](), set[bool]()
    for _ in range(100):
        for one in (wave, crazy, absent):
            act(one, view, dice)
        waves.add(wave.price)
        crazies.append(crazy.price)
        stock.add(absent.in_stock)
    assert (min(waves), max(waves), len(waves)) == (Decimal("14.00"), Decimal("20.00"), 7)
    assert min(crazies) < Decimal(4)
    assert max(crazies) > Decimal(80)
    assert stock == {True, False}


def test_the_buy_box_is_not_just_the_lowest_price() -> None:
    def offer(name: str, price: str, **changes: Any) -> ShownOffer:  # noqa: ANN401 -- passed on
        facts: dict[str, Any] = {
            "offer_id": name,
            "retailer_id": name,
            "name": name,
            "price": Decimal(price),
            "in_stock": True,
            "method": "FBR",
            "delivery_days": 1,
            "rating": 9.0,
            "condition": "NEW",
            "countries": ("NL", "BE"),
        }
        return ShownOffer(**(facts | changes))

    ours = offer("ours", "10.00")
    for others, best in (
        ([], "ours"),
        ([offer("cheaper", "9.99")], "cheaper"),
        ([offer("slow", "9.90", delivery_days=3)], "ours"),
        ([offer("bad", "9.90", rating=6.5)], "ours"),
        ([offer("held", "10.05", method="FBB")], "held"),
        ([offer("gone", "5.00", in_stock=False), offer("used", "5.00", condition="AS_NEW")], "ours"),
        ([offer("dutch", "5.00", countries=("NL",))], "dutch"),
    ):
        assert buy_box([*others, ours], "NL", Decimal(12)) == best
    assert buy_box([offer("dutch", "5.00", countries=("NL",)), ours], "BE", Decimal(12)) == "ours"
    assert not buy_box([offer("dear", "24.01")], "NL", Decimal(12))


def ean_of(world: World, sku: str = SKU) -> str:
    return world.accounts["sandbox-seller-1"].offers.of_reference(sku)[0].ean


async def asked(seller: Seller, ean: str) -> dict[str, tuple[float, bool]]:
    found = (await seller.read(f"/retailer/products/{ean}/offers")).get("offers", [])
    return {offer["offerId"]: (offer["price"], offer["bestOffer"]) for offer in found}


async def war(seller: Seller, *behaviours: str) -> tuple[str, dict[str, Any]]:
    """A product with exactly these other sellers."""
    ean = ean_of(seller.world)
    await asked(seller, ean)
    return ean, await seller.control("POST", f"/market/{ean}", {"behaviours": behaviours})


@pytest.mark.parametrize("looks", [1, 48])
async def test_it_does_not_matter_who_looks_when(make_world: MakeWorld, looks: int) -> None:
    """The history of a market after two days is the same however often it was looked at."""
    histories: list[object] = []
    for often in (looks, 7):
        seller = Seller(make_world(speed=0, token_seconds=WEEK))
        ean, _ = await war(seller, *BEHAVIOURS)
        for _ in range(often):
            seller.world.clock.advance(48 * 3600 / often)
            await asked(seller, ean)
        market = Market.of(seller.world)
        histories.append(market.products[ean].states)
    assert histories[0] == histories[1]


async def test_a_restarted_world_goes_on_where_it_was(make_world: MakeWorld, tmp_path: Path) -> None:
    before = Seller(make_world(speed=0, token_seconds=WEEK, state=tmp_path))
    ean, _ = await war(before, *BEHAVIOURS)
    before.world.clock.advance(24 * 3600)
    seen = await asked(before, ean)
    before.world.close()
    after = Seller(make_world(speed=0, token_seconds=WEEK, state=tmp_path))
    after.world.clock.advance(24 * 3600)
    assert await asked(after, ean) == seen
    assert len(Market.of(after.world).products[ean].rivals) == len(BEHAVIOURS)


async def test_others_react_to_our_price_after_a_while(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0, token_seconds=WEEK))
    ean, shown = await war(seller, "undercutter")
    (other,) = (offer for offer in shown["offers"] if not offer["own"])
    own = next(offer for offer in shown["offers"] if offer["own"])
    low = round(float(other["floor"]) + 1, 2)
    price = {"pricing": {"bundlePrices": [{"quantity": 1, "unitPrice": low}]}}
    answer = await seller.call("PATCH", f"/retailer/offers/{own['offer_id']}", price, media=V11)
    assert answer.status_code == 204
    assert (await asked(seller, ean))[own["offer_id"]] == (low, True)
    seller.world.clock.advance(4 * 3600)
    after = await asked(seller, ean)
    assert after[other["offer_id"]][0] == pytest.approx(low - float(other["step"]))


async def test_notices_tell_of_changed_offers(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0, token_seconds=WEEK))
    ean, _ = await war(seller, "oscillator")
    wish = {"resources": ["COMPETING_OFFER"], "url": "https://hub.example/door", "subscriptionType": "WEBHOOK"}
    await seller.outcome(await seller.call("POST", "/retailer/subscriptions", wish))
    came: list[dict[str, Any]] = []

    def door(request: httpx.Request) -> httpx.Response:
        came.append(httpx.Response(200, content=request.content).json()["event"])
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as http:
        for _ in range(3):
            seller.world.clock.advance(2 * 3600)
            seller.world.tick()
            await deliver_waiting(seller.world, http)
    assert came == [{"resource": "COMPETING_OFFER", "type": "CHANGED", "resourceId": ean}] * 3


async def test_what_a_repricer_reads_is_as_specified(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0, token_seconds=WEEK, omit_empty_arrays=False))
    ean, _ = await war(seller, *BEHAVIOURS)
    path = "/retailer/products/{ean}"
    check(await seller.call("GET", f"/retailer/products/{ean}/offers", condition="ALL"), f"{path}/offers")
    for number in (ean, "0000000000000"):
        answer = await seller.call("GET", f"/retailer/products/{number}/price-star-boundaries")
        check(answer, f"{path}/price-star-boundaries")
    for number in ("current", "1100001", "1000002", "1"):
        found = await seller.call("GET", f"/retailer/retailers/{number}")
        check(found, "/retailer/retailers/{retailer-id}")
    offers = seller.world.accounts["sandbox-seller-1"].offers.after(-1)
    some = [(offer.ean, offer.prices[0].unit_price) for offer, _ in zip(offers, range(20), strict=False)]
    queries = [
        {"ean": number, "unitPrice": float(price * share)} for number, price in some for share in (1, Decimal("0.9"))
    ]
    answer = await seller.call("POST", "/retailer/commission", {"commissionQueries": queries})
    check(answer, "/retailer/commission")
    reduced = [one for one in answer.json()["commissions"] if one["reductions"]]
    assert {one["totalCost"] < one["totalCostWithoutReduction"] for one in reduced} == {True, False}


async def test_another_account_is_in_the_market_once_it_logs_in(make_world: MakeWorld) -> None:
    world = make_world(speed=0, token_seconds=WEEK)
    first, second = Seller(world), Seller(world, "sandbox-seller-2")
    ean = ean_of(world)
    alone = await asked(first, ean)
    both = await asked(second, ean)
    assert len(both) == len(alone) + 1
    assert await asked(first, ean) == both


async def test_people_push_the_market_about(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0, token_seconds=WEEK))
    ean, shown = await war(seller, "undercutter", "matcher")
    one = next(offer["offer_id"] for offer in shown["offers"] if not offer["own"])

    async def press(do: str) -> str:
        answer = await seller.http.post("/market/do", data={"ean": ean, "offer_id": one, "do": do})
        assert answer.status_code == 303
        return (await seller.http.get(answer.headers["location"])).text

    for do in ("sold-out", "mad", "undercut", "freeze", "act", "low", "high"):
        assert 'role="status"' in await press(do)
    found = Market.of(seller.world).products[ean].rival(one)
    assert found is not None
    assert (found.behaviour, found.frozen, found.in_stock) == ("undercutter", True, False)
    before = found.acts
    seller.world.clock.advance(timedelta(days=1).total_seconds())
    await asked(seller, ean)
    assert found.acts == before
    page = (await seller.http.get(f"/market?q={SKU}")).text
    assert ean in page
    assert "<svg" in page
    assert (await seller.http.get("/market?q=nothing-like-it")).status_code == 200
    for bad in ({"ean": "1", "do": "mad", "offer_id": one}, {"ean": ean, "do": "dance", "offer_id": one}, {}):
        answer = await seller.http.post("/market/do", data=bad)
        assert answer.status_code == 303


async def test_buyers_pay_the_present_price_and_mostly_at_the_buy_box(make_world: MakeWorld) -> None:
    def bought(seller: Seller) -> set[Decimal]:
        orders = seller.world.accounts["sandbox-seller-1"].orders.orders.values()
        return {item.unit_price for order in orders for item in order.items if item.sku == SKU}

    async def sell(price: float, *rivals: str) -> tuple[set[Decimal], int]:
        seller = Seller(make_world(speed=0, buyers_compare=True, token_seconds=WEEK))
        _, shown = await war(seller, *rivals)
        own = next(offer["offer_id"] for offer in shown["offers"] if offer["own"])
        change = {"pricing": {"bundlePrices": [{"quantity": 1, "unitPrice": price}]}}
        await seller.call("PATCH", f"/retailer/offers/{own}", change, media=V11)
        await seller.control("POST", "/speed", {"orders_per_minute": "all"})
        orders = seller.world.accounts["sandbox-seller-1"].orders.orders.values()
        return bought(seller), sum(item.sku == SKU for order in orders for item in order.items)

    cheap, many = await sell(5.5)
    dear, few = await sell(19.99, "statue")
    assert (cheap, dear) == ({Decimal("5.5")}, {Decimal("19.99")})
    assert few < many / 2
