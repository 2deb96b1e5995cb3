"""Checking, boxes, scales and groups, on a real database."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from entrepot.catalog.service import CatalogService
from entrepot.fulfilment.boxing.boxes import Boxing
from entrepot.fulfilment.boxing.errors import (
    AllBoxedError,
    ContainerInUseError,
    NoBoxOpenError,
    NotInThisOrderError,
    WhyReopenedError,
)
from entrepot.fulfilment.boxing.trays import Trays
from entrepot.fulfilment.checking.counting import Checking
from entrepot.fulfilment.checking.errors import (
    DiffersError,
    NoCheckStationError,
    NothingLeftError,
    SurplusError,
    UnknownThingError,
)
from entrepot.fulfilment.checking.verdict import CheckState, Difference
from entrepot.fulfilment.consolidating.errors import (
    GroupedAlreadyError,
    GroupWaitsError,
    OtherAddressError,
    TooLateToGroupError,
)
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.packaging.errors import TooHeavyError, WeightDiffersError
from entrepot.fulfilment.packaging.fitting import Fit
from entrepot.fulfilment.packaging.repository import BoxKindRef, PackingRules
from entrepot.fulfilment.packaging.weighing import Packaging
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.errors import InReviewError
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.database import Actor
from entrepot.orders.service import OrderService
from tests.fulfilment.floor import Floor
from tests.inventory.factories import check_books
from tests.orders.factories import ADDRESS, new_order

pytestmark = pytest.mark.anyio

BOB = Actor("user", "bob", "Bob Boxer")


async def picked(floor: Floor, *orders: UUID) -> None:
    async with floor.transaction() as session:
        released = await FulfilmentService(session).releasing.release(orders, per_list=1)
    for list_id in released.pick_list_ids:
        async with floor.transaction() as session:
            picking = FulfilmentService(session).picking
            await picking.claim(list_id)
            await picking.complete(list_id)


async def stage_of(floor: Floor, order: UUID) -> str:
    return str((await floor.rows("SELECT stage FROM floor_order WHERE order_id = :id", id=order))[0][0])


async def checked_site(floor: Floor) -> None:
    async with floor.transaction() as session:
        await FulfilmentService(session).way.set_settings(floor.seller_id, SiteSettings(checks=True))


async def kind(floor: Floor, code: str = "BOX-S", size: tuple[int, int, int] = (200, 150, 100)) -> BoxKindRef:
    async with floor.transaction() as session:
        return await Packaging(session).add_kind(
            floor.seller_id, code=code, name=f"Box {code}", size_mm=size, own_weight_g=100, max_weight_g=5000
        )


async def test_a_check_names_each_difference_and_keeps_who_resolved_it(floor: Floor) -> None:
    await floor.stock(MUG=9, CUP={"B": 9}, JUG={"B": 3})
    await checked_site(floor)
    order = await floor.order(("MUG", 2), ("CUP", 1))
    await picked(floor, order)
    async with floor.transaction() as session:
        checking = Checking(session)
        check = await checking.begin(order)
        assert {(one.sku, one.place, one.expected) for one in check.lines} == {("MUG", "A-01", 2), ("CUP", "B-01", 1)}
        first = await checking.scan(order, "mug", client_id="one")
        assert (first.difference, first.facts["counted"]) == (Difference.NONE, 1)
        assert (await checking.scan(order, "mug", client_id="one")).repeated
        with pytest.raises(UnknownThingError):
            await checking.scan(order, "?!")
        assert (await checking.scan(order, "mug", client_id="two")).facts["counted"] == 2
        assert (await checking.scan(order, "mug", client_id="one")).repeated
        await checking.set_counted(order, next(one.id for one in check.lines if one.sku == "MUG"), 1)
        foreign = await checking.scan(order, "JUG")
        assert (foreign.difference, foreign.facts["place"]) == (Difference.FOREIGN, "B-01")
        await checking.scan(order, "CUP", quantity=2)
        with pytest.raises(DiffersError, match=r"1 × MUG from A-01 missing.*1 × JUG does not belong here") as caught:
            await checking.finish(order)
        assert "1 × CUP from B-01 too many" in caught.value.detail
        with pytest.raises(SurplusError):
            await checking.accept(order, "buyer agrees")
        await checking.recount(order)
        await checking.scan(order, "CUP")
        await checking.send_back(order, "look again")
        with pytest.raises(InReviewError, match=r"look again; 2 × MUG from A-01 missing"):
            await checking.begin(order)
        await FulfilmentService(session).way.resolve(order, "found one")
        again = await checking.begin(order)
        assert all(line.counted == 0 for line in again.lines)
        await checking.scan(order, "CUP")
        await checking.scan(order, "MUG")
        assert (await checking.accept(order, "one is broken")).ended_by == "Tess Tester"
        states = [one.state for one in await checking.checks_of(order)]
    assert states == [CheckState.ACCEPTED, CheckState.SENT_BACK, CheckState.RECOUNTED]
    assert await stage_of(floor, order) == "packing"
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)
        shrunk = await OrderService(session).order(order)
        parcel = await FulfilmentService(session).packing.pack(order, weight_g=400)
    assert [line.to_send for line in shrunk.lines] == [1, 1]
    assert {(line.sku, line.quantity) for line in parcel.lines} == {("MUG", 1), ("CUP", 1)}


async def test_nothing_is_accepted_away_and_no_station_is_made_up(floor: Floor) -> None:
    await floor.stock(MUG=9)
    plain, order = await floor.order(("MUG", 1)), await floor.order(("MUG", 1))
    await picked(floor, plain)
    async with floor.transaction() as session:
        with pytest.raises(NoCheckStationError):
            await Checking(session).begin(plain)
    await checked_site(floor)
    await picked(floor, order)
    async with floor.transaction() as session:
        await Checking(session).begin(order)
        with pytest.raises(NothingLeftError):
            async with session.begin_nested():
                await Checking(session).accept(order, "gone")
        await check_books(session, floor.seller_id)


async def test_a_box_is_filled_sealed_and_opened_again(floor: Floor) -> None:
    await floor.stock(MUG=9, CUP={"B": 9}, JUG={"B": 3})
    box_kind = await kind(floor)
    order, other = await floor.order(("MUG", 2), ("CUP", 1)), await floor.order(("MUG", 1))
    await picked(floor, order, other)
    async with floor.transaction(BOB) as session:
        boxing, trays = Boxing(session), Trays(session)
        await trays.add(floor.seller_id, "tray-1")
        await boxing.use_tray(other, "TRAY-1")
        with pytest.raises(ContainerInUseError, match="Bob Boxer"):
            await boxing.scan(order, "tray-1")
        with pytest.raises(NoBoxOpenError):
            await boxing.scan(order, "MUG")
        begun = await boxing.scan(order, "box-s")
        assert begun.container_id is not None
        await boxing.scan(order, "MUG", client_id="one")
        assert (await boxing.scan(order, "MUG", client_id="one")).repeated
        await boxing.scan(order, "MUG", client_id="two")
        with pytest.raises(AllBoxedError):
            await boxing.scan(order, "MUG")
        with pytest.raises(NotInThisOrderError, match="B-01"):
            await boxing.scan(order, "JUG")
        parcel = await boxing.seal(begun.container_id, 600)
        assert (parcel.length_mm, [line.sku for line in parcel.lines]) == (200, ["MUG"])
        second = await boxing.begin(order, box_kind.id)
        assert second.code.endswith("-B2")
        await boxing.put_all(order)
        with pytest.raises(TooHeavyError):
            await boxing.seal(second.id, 5001)
        await boxing.seal(second.id, 350)
    assert await floor.status(order) == "packed"
    async with floor.transaction(BOB) as session:
        boxing = Boxing(session)
        with pytest.raises(WhyReopenedError):
            await boxing.reopen(second.id, " ")
        opened = await boxing.reopen(second.id, "wrong cup")
        assert (opened.state, opened.units, opened.parcel_id) == ("open", 1, None)
        assert await boxing.to_box(order) == {}
        emptied = await boxing.take(second.id, opened.lines[0].order_line_id, 1)
        assert emptied.units == 0
        await boxing.scan(order, "CUP")
        await boxing.seal(second.id, 350)
    assert await floor.status(order) == "packed"
    async with floor.transaction() as session:
        await OrderService(session).cancel([other], put_back=True)
        assert [one.state for one in await Trays(session).all(floor.seller_id)] == ["free"]


async def test_a_box_is_never_called_like_another_thing(floor: Floor) -> None:
    await floor.stock(MUG=9)
    order = await floor.order(("MUG", 1))
    await picked(floor, order)
    async with floor.transaction() as session:
        number = (await OrderService(session).order(order)).number
        await Trays(session).add(floor.seller_id, f"{number}-b1")
        assert (await Boxing(session).begin(order)).code == f"{number}-B2".upper()


async def test_scales_ask_once_and_guess_nothing(floor: Floor) -> None:
    await floor.stock(MUG=9)
    async with floor.transaction() as session:
        rules = PackingRules(weighs=True, tolerance_percent=10, tolerance_g=20)
        await Packaging(session).set_rules(floor.seller_id, rules)
        await CatalogService(session).create_product(floor.seller_id, {"sku": "MYSTERY", "title": "No weight"})
    order, second = await floor.order(("MUG", 2)), await floor.order(("MUG", 1))
    await picked(floor, order, second)
    box_kind = await kind(floor)
    async with floor.transaction() as session:
        boxing = Boxing(session)
        box = await boxing.begin(order, box_kind.id)
        await boxing.put_all(order)
        with pytest.raises(WeightDiffersError, match=r"weighs 900 g.*600 g.*80 g"):
            async with session.begin_nested():
                await boxing.seal(box.id, 900)
        await boxing.seal(box.id, 900, reason="padding")
        with pytest.raises(WeightDiffersError):
            await FulfilmentService(session).packing.pack(second, weight_g=900)
        await FulfilmentService(session).packing.pack(second, weight_g=255)
    kept = await floor.rows("SELECT expected_g, measured_g, outcome, reason FROM weighing ORDER BY id")
    assert kept == [(600, 900, "differs", "padding"), (250, 255, "fits", "")]
    async with floor.transaction() as session:
        found = await OrderService(session).order(order)
        suggested = await Packaging(session).suggest([found], {line.id: 1 for line in found.lines})
        assert [(one.box.code, one.fit) for one in suggested] == [("BOX-S", Fit.UNKNOWN)]


async def elsewhere(floor: Floor, street: str) -> UUID:
    async with floor.transaction() as session:
        other = new_order(("MUG", 1), ship_to=replace(ADDRESS, street=street))
        return await OrderService(session).create(floor.seller_id, other)


async def test_orders_of_one_address_wait_and_leave_with_one_label(floor: Floor) -> None:
    await floor.stock(MUG=9, CUP={"B": 9})
    first, second = await floor.order(("MUG", 1)), await floor.order(("CUP", 2))
    away = await elsewhere(floor, "Damrak")
    await picked(floor, first)
    async with floor.transaction() as session:
        groups = Consolidating(session)
        with pytest.raises(OtherAddressError, match="Damrak"):
            await groups.group([first, away])
        group = await groups.group([first, second])
        assert group.number == "G-0001"
        with pytest.raises(GroupedAlreadyError, match="G-0001"):
            await groups.group([first, second])
        with pytest.raises(GroupWaitsError, match="G-0001"):
            await Boxing(session).begin(first)
        with pytest.raises(GroupWaitsError):
            await FulfilmentService(session).packing.pack(first, weight_g=300)
    await picked(floor, second)
    async with floor.transaction() as session:
        boxing = Boxing(session)
        box = await boxing.begin(first)
        await boxing.scan(first, "MUG")
        await boxing.scan(first, "CUP", quantity=2)
        with pytest.raises(NotInThisOrderError, match="CUP"):
            async with session.begin_nested():
                await Consolidating(session).take_out(group.id, second)
                await boxing.seal(box.id, 900)
        lead = await boxing.seal(box.id, 900)
    assert [await floor.status(one) for one in (first, second)] == ["packed", "packed"]
    async with floor.transaction() as session:
        with pytest.raises(TooLateToGroupError):
            await Consolidating(session).group([first, second])
    inside = await floor.rows("SELECT id, weight_g FROM parcel WHERE with_parcel_id = :id", id=lead.id)
    assert [weight for _, weight in inside] == [0]
    companion = inside[0][0]
    assert isinstance(companion, UUID)
    label = await floor.desk().make(companion)
    assert (label.parcel_id, len(floor.world.parcels.parcels)) == (lead.id, 1)
    async with floor.transaction() as session:
        shared = await FulfilmentService(session).shipping.ship(companion)
        await check_books(session, floor.seller_id)
    assert shared.tracking_code == label.tracking_code
    assert [await floor.status(one) for one in (first, second)] == ["shipped", "shipped"]
    assert await floor.rows("SELECT state FROM consolidation") == [("over",)]


async def test_a_group_goes_on_when_its_time_is_up_or_somebody_says_so(floor: Floor) -> None:
    await floor.stock(MUG=9)
    orders = [await floor.order(("MUG", 1)) for _ in range(4)]
    async with floor.transaction() as session:
        await Packaging(session).set_rules(floor.seller_id, PackingRules(consolidates="address"))
        groups = Consolidating(session)
        made = await groups.follow(orders[0])
        assert made is not None
        assert (made.rule, await groups.together(orders[0])) == ("address", sorted(orders))
        await groups.take_out(made.id, orders[3])
        assert await groups.together(orders[3]) == [orders[3]]
    await picked(floor, orders[0])
    await floor.rows("UPDATE consolidation SET until = now() - interval '1 minute' RETURNING 1")
    async with floor.transaction() as session:
        assert await Consolidating(session).time_is_up(made.id)
        assert not await Consolidating(session).time_is_up(made.id)
        await FulfilmentService(session).packing.pack(orders[0], weight_g=250)
    assert await stage_of(floor, orders[0]) == str(Stage.PACKED)
