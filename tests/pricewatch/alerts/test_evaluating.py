"""Events move alerts on and tell users, once per cause."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.messaging.service import NotificationService
from entrepot.messaging.wording import said
from entrepot.pricewatch.alerts.errors import AlertChangedError, AlertNotFoundError
from entrepot.pricewatch.alerts.evaluating import Evaluation
from entrepot.pricewatch.alerts.service import AlertService, read
from entrepot.pricewatch.alerts.views import alerts
from entrepot.pricewatch.watching.service import WatchService
from tests.pricewatch.alerts.conftest import Watched

pytestmark = pytest.mark.anyio

READ = ["pricewatch.read"]
type Make = Callable[[], Watched]


async def titles(session: AsyncSession, user_id: UUID) -> list[str]:
    """Return what a user was told, the oldest first."""
    told = await NotificationService(session, user_id).page(READ)
    return [said(one.title, one.facts) for one in reversed(told)]


async def test_an_alert_is_told_once_however_often_events_come(
    session: AsyncSession, seller: SellerRef, watch: Make
) -> None:
    user, mug = new_id(), watch()
    await mug.store(session)
    await mug.observe(session, 0, "20")
    await mug.observe(session, 0, "25", listing=1)
    target = {"kind": "target", "threshold": "15,00", "currency": "eur"}
    alert_id = await AlertService(session, user).add(seller.id, target, watched_product_id=mug.product_id)
    events = [mug.priced(1, "14"), mug.priced(2, "30", stock="out_of_stock"), mug.priced(3, "12", listing=1)]

    assert await Evaluation(session).look(events) == 2  # while Alpha had sold out, the best was 25
    assert await Evaluation(session).look(events) == 0
    assert await Evaluation(session).look([mug.priced(4, "16", listing=1), mug.priced(5, "13")]) == 1

    # Those of one transaction come in any order.
    assert sorted(await titles(session, user)) == [
        "Blue mug: €12.00, your target is reached",
        "Blue mug: €13.00, your target is reached",
        "Blue mug: €14.00, your target is reached",
    ]
    (told, *_) = await NotificationService(session, user).page(READ)
    assert said(told.body, told.facts) == "Alpha asks €13.00 now; it was €16.00."
    assert told.curve is not None
    assert told.outside_url.startswith("https://alpha.example/")
    assert await NotificationService(session, user).page(["orders.read"]) == []
    (view,) = await alerts(session, user)
    assert (view.alert.id, view.fired_count, view.product) == (alert_id, 3, "Blue mug")
    assert view.sentence == (
        "Tells you when it costs €15.00 or less; again after it left the target; the best price of all its stores counts."
    )


async def test_a_true_target_is_told_at_once_and_a_seeded_distance_counts_from_today(
    session: AsyncSession, seller: SellerRef, watch: Make
) -> None:
    user, mug = new_id(), watch()
    await mug.store(session)
    await mug.observe(session, 0, "20")
    service = AlertService(session, user)
    await service.add(seller.id, {"kind": "target", "threshold": "20", "currency": "EUR"}, listing_id=mug.listings[0])
    await service.add(
        seller.id, {"kind": "percent", "direction": "either", "threshold": "10"}, watched_product_id=mug.product_id
    )

    assert await titles(session, user) == ["Blue mug: €20.00, your target is reached"]
    await Evaluation(session).look([mug.priced(1, "21"), mug.priced(2, "22"), mug.priced(3, "22.50")])
    assert (await titles(session, user))[1:] == ["Blue mug rose by 10 % to €22.00"]


async def test_alerts_for_a_group_and_for_everything_know_how_things_were(
    session: AsyncSession, seller: SellerRef, watch: Make
) -> None:
    user, group = new_id(), new_id()
    await session.execute(
        text("INSERT INTO watch_group (id, seller_id, name) VALUES (:id, :seller, 'Mugs')"),
        {"id": group, "seller": seller.id},
    )
    mug = watch()
    await mug.store(session, group_id=group)
    for hour, price in enumerate(["20", "18", "19", "18.50"]):
        await mug.observe(session, hour, price)
    service = AlertService(session, user)
    await service.add(seller.id, {"kind": "lowest", "days": "30"}, group_id=group)
    await service.add(seller.id, {"kind": "any", "basis": "each"})
    await service.add(seller.id, {"kind": "lowest", "days": "30"}, group_id=None)

    first = [mug.priced(4, "18")]
    await mug.observe(session, 4, "18")
    assert await Evaluation(session).look(first) == 1  # not lower than before, but a fall
    assert await titles(session, user) == ["Blue mug fell by 2.7 % to €18.00"]
    assert await Evaluation(session).look([mug.priced(5, "17")]) == 3
    assert max(await titles(session, user)) == "Blue mug: €17.00, the lowest in 30 days"


async def test_a_paused_listing_counts_no_more_until_it_is_checked_again(
    session: AsyncSession, seller: SellerRef, watch: Make
) -> None:
    user, mug = new_id(), watch()
    await mug.store(session)
    await mug.observe(session, 0, "20")
    await mug.observe(session, 0, "10", listing=1)
    target = {"kind": "target", "threshold": "15", "currency": "EUR"}
    await WatchService(session).pause(mug.listings[1], paused=True)
    await AlertService(session, user).add(seller.id, target, watched_product_id=mug.product_id)
    assert await titles(session, user) == []
    await AlertService(session, user).add(seller.id, {"kind": "any"}, watched_product_id=mug.product_id)
    assert await Evaluation(session).look([mug.priced(1, "19")]) == 1
    await WatchService(session).pause(mug.listings[1], paused=False)
    assert await Evaluation(session).look([mug.priced(2, "18")]) == 2
    assert max(await titles(session, user)) == "Blue mug: €10.00, your target is reached"


async def test_stock_and_failing_checks(session: AsyncSession, seller: SellerRef, watch: Make) -> None:
    user, mug = new_id(), watch()
    await mug.store(session)
    await mug.observe(session, 0, "20")
    service = AlertService(session, user)
    for kind in ("back_in_stock", "out_of_stock", "failing"):
        await service.add(seller.id, {"kind": kind}, watched_product_id=mug.product_id)
    await Evaluation(session).look([
        mug.priced(1, "20", stock="out_of_stock"),
        mug.failed(2),
        mug.failed(3),
        mug.recovered(4),
        mug.failed(5),
        mug.priced(6, "21"),
    ])  # fmt: skip

    assert sorted(await titles(session, user)) == [
        "Blue mug cannot be read at Alpha",
        "Blue mug cannot be read at Alpha",
        "Blue mug is in stock again",
        "Blue mug is sold out",
    ]


async def test_alerts_belong_to_one_user_and_end_with_the_product(
    session: AsyncSession, seller: SellerRef, watch: Make
) -> None:
    user, mug = new_id(), watch()
    await mug.store(session)
    await mug.observe(session, 0, "20")
    service = AlertService(session, user)
    alert_id = await service.add(seller.id, {"kind": "any", "direction": "either"}, watched_product_id=mug.product_id)
    with pytest.raises(AlertNotFoundError):
        await AlertService(session, new_id()).remove(alert_id)
    with pytest.raises(AlertChangedError):
        await service.change(alert_id, {"kind": "any"}, version=7)

    await service.switch(alert_id, on=False)
    assert await Evaluation(session).look([mug.priced(1, "19")]) == 0
    await mug.observe(session, 1, "19")
    await service.switch(alert_id, on=True)
    assert await Evaluation(session).look([mug.priced(2, "18")]) == 1
    await service.change(alert_id, {"kind": "amount", "threshold": "5", "currency": "EUR"})
    assert await Evaluation(session).look([mug.priced(3, "12")]) == 1
    assert await NotificationService(session, user).unread(READ) == 2

    await WatchService(session).remove_product(mug.product_id)
    assert await NotificationService(session, user).unread(READ) == 0
    assert await alerts(session, user) == []


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"kind": "target", "threshold": "0", "currency": "EUR"}, {"threshold"}),
        ({"kind": "target", "threshold": "1.000,5", "currency": "XXY"}, {"threshold", "currency"}),
        ({"kind": "target", "direction": "either", "threshold": "1", "currency": "EUR"}, {"direction"}),
        ({"kind": "sometimes", "threshold": "1", "currency": "EUR"}, {"kind"}),
        ({"kind": "percent", "threshold": "nan"}, {"threshold"}),
        ({"kind": "lowest", "days": "9999", "again": "-1"}, {"days", "again"}),
        ({"kind": "lowest", "days": "0.5"}, {"days"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(given: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(given)
    assert set(refused.value.problems) == fields
