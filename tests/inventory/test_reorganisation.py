"""Reorganisation: swaps that shorten the way, one at a time, and never lose anything."""

from collections import Counter
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.catalog.service import ProductRef
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import (
    BadPeriodError,
    NothingToGainError,
    ReorganisationClosedError,
    SwapStaleError,
    UnknownReorganisationError,
)
from entrepot.inventory.service import InventoryService
from entrepot.inventory.swaps import Slot, cost_of, plan_swaps
from entrepot.inventory.views.reorganising import reorganisations, swaps_of
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.inventory.factories import add_building, add_product, check_books, numbers, request_for
from tests.inventory.test_put_away import state_of

pytestmark = pytest.mark.anyio
PLACES = 7
baskets = st.dictionaries(
    st.frozensets(st.integers(0, PLACES - 1), min_size=1, max_size=4), st.integers(1, 9), max_size=12
)
slots = st.lists(
    st.tuples(st.integers(0, 5), st.none() | st.integers(5, 9)).map(lambda pair: Slot(*pair)),
    min_size=PLACES,
    max_size=PLACES,
)


@given(baskets, slots, st.integers(1, 10))
def test_every_swap_shortens_the_way(ordered: dict[frozenset[int], int], places: list[Slot], most: int) -> None:
    content = list(range(PLACES))
    before = cost_of(ordered, content)

    swaps = plan_swaps(ordered, places, most)

    assert len(swaps) <= most
    for swap in swaps:
        content[swap.first], content[swap.second] = content[swap.second], content[swap.first]
        where = [content.index(one) for one in range(PLACES)]
        assert swap.cost == cost_of(ordered, where) < before
        before = swap.cost
        for place in (swap.first, swap.second):
            room = places[place].max_units
            assert room is None or places[content[place]].units <= room
    assert sorted(content) == list(range(PLACES))  # nothing is lost, nothing lies twice


async def a_floor(session: AsyncSession, seller: SellerRef) -> tuple[UUID, list[ProductRef]]:
    """A rack of six places with one product each; the last two are always ordered together."""
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    rack = await stock.create_location(building.id, LocationKind.RACK, "R")
    products: list[ProductRef] = []
    for number in range(6):
        place = await stock.create_location(building.id, LocationKind.SHELF, f"R-{number}", parent_id=rack)
        product = await add_product(session, seller.id, f"P{number}")
        await stock.receive(product.id, place, 20 + number)
        products.append(product)
    for _ in range(3):
        order = new_id()
        requests = [request_for(products[number], 1, order_id=order) for number in (4, 5)]
        await stock.reserve(requests)
        rows = await stock.reservations([request.order_line_id for request in requests])
        assert await stock.pick([(row, row.quantity) for row in rows])
    return building.id, products


async def where(session: AsyncSession, products: list[ProductRef]) -> Counter[str]:
    """Return units per product, reserved ones included."""
    found: Counter[str] = Counter()
    for product in products:
        found[product.sku] = (await numbers(session, product.id))[0]
    return found


async def test_plans_swaps_skips_and_goes_on(session: AsyncSession, seller: SellerRef) -> None:
    building, products = await a_floor(session, seller)
    stock = InventoryService(session)
    before = await where(session, products)
    with pytest.raises(BadPeriodError):
        await stock.preview_reorganisation(seller.id, building, days=0)
    plan = await stock.preview_reorganisation(seller.id, building)
    assert (plan.orders, plan.before > plan.after, plan.saving > 0) == (3, True, True)
    held = request_for(products[5], 2)
    await stock.reserve([held])

    id_ = await stock.start_reorganisation(seller.id, building)
    first, *others = await swaps_of(session, id_)
    with pytest.raises(UnknownReorganisationError):
        await stock.swap(id_, others[0].id if others else new_id())
    assert await stock.swap(id_, first.id)
    assert not await stock.swap(id_, first.id)  # Enter came twice
    assert await where(session, products) == before
    await check_books(session, seller.id)
    assert sum(row.quantity for row in await stock.reservations([held.order_line_id])) == 2
    following = next(swap for swap in await swaps_of(session, id_) if swap.status == "open")
    stray = await add_product(session, seller.id, "STRAY")
    await stock.receive(stray.id, following.first_location_id, 1)
    with pytest.raises(SwapStaleError, match="Nothing was moved"):
        await stock.swap(id_, following.id)
    await stock.skip_swap(id_, following.id)
    while swap := next((swap for swap in await swaps_of(session, id_) if swap.status == "open"), None):
        assert following.first_location_id not in {swap.first_location_id, swap.second_location_id}
        await stock.swap(id_, swap.id)
        assert await where(session, products) == before
        await check_books(session, seller.id)
    (done,) = await reorganisations(session, reorganisation_id=id_)
    assert done.status == "done"
    assert done.after <= done.reached < done.before
    with pytest.raises(ReorganisationClosedError):
        await stock.stop_reorganisation(id_)


async def test_says_when_nothing_is_to_gain(session: AsyncSession, seller: SellerRef) -> None:
    building = await add_building(session, seller.id)
    with pytest.raises(NothingToGainError, match="Main building"):
        await InventoryService(session).preview_reorganisation(seller.id, building.id)


async def test_by_scanning(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        building, _ = await a_floor(session, seller)
    form = {"warehouse_id": str(building), "location": "R", "days": "30", "most": "5"}
    assert "No plan yet" in (await client.get("/reorganise")).text
    shown = await client.post("/reorganise/preview", data=form)
    assert "Places per order then" in shown.text
    for wrong in ({"days": "x"}, {"days": "0"}, {"location": "NOWHERE"}, {"warehouse_id": "x"}):
        assert (await client.post("/reorganise/preview", data=form | wrong)).status_code == 422
    started = await client.post("/reorganise", data=form)
    assert started.status_code == 303, started.text
    address = started.headers["location"]
    swaps = (await client.get(f"/api/v1/reorganisations/{address.rsplit('/', 1)[1]}")).json()["swaps"]
    known = state_of((await client.get(address)).text)

    async def scan(code: str, words: str) -> None:
        nonlocal known
        answer = await client.post(f"{address}/scan", data={**known, "code": code}, headers={"hx-request": "true"})
        assert answer.status_code == 200
        assert words in answer.text, answer.text
        known = state_of(answer.text)

    first, second = swaps[0]["first"], swaps[0]["second"]
    await scan("NOPE", "neither a product nor a location")
    await scan("P1", "P1 is a product. Scan the label of")
    await scan("MAIN-A-01", f"That is MAIN-A-01; you need {first} / {second}")
    await scan(second, f"Scan {first} when both are swapped")
    await scan(second, f"Scan {first} when both are swapped")
    await scan(first, f"{first} and {second} are swapped.")
    following = next((swap for swap in swaps[1:]), None)
    if following:
        skipped = await client.post(f"{address}/skip", data={"swap": following["id"]}, headers={"hx-request": "true"})
        assert "the rest is planned anew" in skipped.text
    listed = (await client.get("/reorganise")).text
    assert address in listed
    answer = await client.post(f"{address}/stop")
    assert answer.status_code in {303, 409}
    assert (await client.get(f"/reorganise/{new_id()}")).status_code == 404
