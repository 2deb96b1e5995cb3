"""The governor: what is too large waits or freezes, runs never pass a limit together, and four eyes see a large change."""

import asyncio
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Actor, Database
from entrepot.kit.scope import Scope
from entrepot.offers.prices.service import PriceService
from entrepot.pricing import views
from entrepot.pricing.approving import Approving
from entrepot.pricing.costs import CostService
from entrepot.pricing.domain.rules import Limits, Mode, Rule
from entrepot.pricing.errors import AnsweredAlreadyError, LimitsMovedError, SamePersonError, WholeInstanceError
from entrepot.pricing.governing import Allowed, Before, Cause, Move, breach, held, jumped, strictest
from entrepot.pricing.governor import Governor
from entrepot.pricing.groups import GroupService
from entrepot.pricing.limits import LimitService
from entrepot.pricing.repricing import Repricer
from tests.pricing.factories import Stall, add_offer, add_rule, open_stall, prices_of, rivals_ask

pytestmark = pytest.mark.anyio
TESS = Actor("user", "test", "Tess Tester")
OTTO = Actor("user", "other", "Otto Other")
LOW = Rule(rule_id="", limits=Limits(floor="1.00", ceiling="100.00"))


def move(before: str, after: str, **more: object) -> Move:
    return Move(offer_id=uuid4(), before=Decimal(before), after=Decimal(after), **more)  # type: ignore[arg-type]


def test_what_is_too_much() -> None:
    many = [move("10", "9") for _ in range(30)]
    quiet = Before(offers=100)
    assert breach([], quiet, Allowed()) is None
    assert breach(many, quiet, Allowed()) is None
    assert held([move("10", "8.4"), move("10", "8.5")], Allowed()) != set()
    for cause, moves, before, allowed in (
        (Cause.STEP, [move("10", "7.4")], quiet, Allowed()),
        (Cause.HOUR, [move("8", "7", hour_before=Decimal(12))], quiet, Allowed()),
        (Cause.HOUR_SHARE, many, Before(offers=40), Allowed()),
        (Cause.DAY_SHARE, many, Before(offers=100, day=50), Allowed(day_share=Decimal(70))),
        (
            Cause.FLOOR_SHARE,
            [move("10", "9", at_floor=True) for _ in range(21)],
            Before(offers=40),
            Allowed(),
        ),
        (Cause.STOCK_SHARE, many, Before(offers=100, jumped=20, looked=30), Allowed()),
        (Cause.HOUR_ITEMS, many, quiet, Allowed(hour_items=29)),
    ):
        found = breach(moves, before, allowed)
        assert found is not None
        assert found.cause is cause
    assert breach([move("10", "7.4", waived=True)], quiet, Allowed()) is None
    assert breach([move("10", "7.4", asked=True)], quiet, Allowed()) is None
    rescued = [move("5", "10", at_floor=True) for _ in range(21)]
    assert breach(rescued[:9], quiet, Allowed()) is None
    assert held(rescued, Allowed()) == set(), "what stands below its floor goes back to it at once"
    everything = breach(rescued, Before(offers=30), Allowed())
    assert everything is not None, "but not all offers at once"
    again = [one.offer_id for one in many]
    assert breach(many, Before(offers=40, hour=25, moved=again[:25]), Allowed()) is not None, "five more make thirty"
    assert breach(many[:24], Before(offers=40, hour=24, moved=again[:24]), Allowed()) is None, "they count once"
    low = [move("10", "9", at_floor=True) for _ in range(20)]
    stays = [one.offer_id for one in low]
    assert breach(low, Before(offers=45, at_floor=20, floored=stays), Allowed(floor_share=Decimal(1))) is None
    assert breach(low, Before(offers=45, at_floor=20, floored=stays[1:]), Allowed(floor_share=Decimal(1))) is not None
    assert jumped(10, 80, 50)
    assert not jumped(1000, 1060, 50)
    assert strictest({"step_percent": Decimal(30)}, {"step_percent": Decimal(10)}).step_percent == 10


async def war(session: AsyncSession, seller: SellerRef, price: str) -> tuple[Stall, UUID]:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG")
    await rivals_ask(session, stall, mug, price)
    await add_rule(session, stall, LOW)
    return stall, mug


async def test_a_large_change_needs_a_second_person(database: Database, seller: SellerRef) -> None:
    scope = Scope.of(seller.id)
    async with database.transaction(scope, actor=TESS) as session:
        _, mug = await war(session, seller, "8.30")
    async with database.transaction(scope, actor=Actor("job", "x", "pricing.reprice")) as session:
        assert (await Repricer(session).reprice([mug], "market")).plain() == {"held": 1}
    async with database.transaction(scope, actor=TESS) as session:
        (waiting,) = await views.approvals(session, state="waiting")
        assert waiting.row.requested_by == TESS.id, "who wrote the rule asked for it"
        with pytest.raises(SamePersonError):
            await Approving(session).agree(waiting.row.id)
    with pytest.raises(IntegrityError, match="four_eyes"):
        async with database.transaction(scope, actor=TESS) as session:
            await session.execute(
                text("UPDATE pricing_approval SET state = 'approved', answered_by = 'test', answered_at = now()")
            )
    async with database.transaction(scope, actor=OTTO) as session:
        await Approving(session).agree(waiting.row.id)
        assert await prices_of(session, [mug]) == [Decimal("8.20")]
    async with database.transaction(scope, actor=OTTO) as session:
        with pytest.raises(AnsweredAlreadyError):
            await Approving(session).refuse(waiting.row.id)


async def test_nobody_who_had_a_hand_in_it_is_the_second_person(database: Database, seller: SellerRef) -> None:
    scope, anna, key = Scope.of(seller.id), Actor("user", "anna", "Anna"), Actor("api_key", "hub_1", "Till")
    async with database.transaction(scope, actor=TESS) as session:
        stall, mug = await war(session, seller, "8.30")
        await session.execute(
            text(
                """INSERT INTO api_key (id, seller_id, public_id, secret_hash, name, rights, created_by, creator_id, created_at)
                VALUES (gen_random_uuid(), :seller, 'hub_1', '', 'Till', '[]', 'Kim', 'kim', now())"""
            ),
            {"seller": seller.id},
        )
        (group,) = await GroupService(session).groups()
    async with database.transaction(scope, actor=anna) as session:
        await GroupService(session).include(group.id, [mug])
    async with database.transaction(scope, actor=key) as session:
        await CostService(session).put(seller.id, {"purchase": Decimal("4.00")}, account_id=stall.account_id)
    async with database.transaction(scope, actor=Actor("job", "x", "pricing.reprice")) as session:
        assert (await Repricer(session).reprice([mug], "market")).plain() == {"held": 1}
    async with database.transaction(scope) as session:
        (waiting,) = await views.approvals(session, state="waiting")
    assert waiting.row.asked_by == ["anna", "hub_1", "kim", "test"]
    for name in ("anna", "kim"):
        async with database.transaction(scope, actor=Actor("user", name, name)) as session:
            with pytest.raises(SamePersonError):
                await Approving(session).agree(waiting.row.id)
    async with database.transaction(scope, actor=TESS) as session:
        await GroupService(session).switch(group.id, Mode.DRY_RUN)
    async with database.transaction(scope, actor=OTTO) as session:
        with pytest.raises(LimitsMovedError):
            await Approving(session).agree(waiting.row.id)


async def test_a_large_change_does_not_hide_behind_a_stronger_price(database: Database, seller: SellerRef) -> None:
    scope = Scope.of(seller.id)
    async with database.transaction(scope, actor=TESS) as session:
        stall, mug = await war(session, seller, "9.90")
        await Repricer(session).reprice([mug], "market")
        await PriceService(session).lock(mug, Decimal("20.00"))
        await rivals_ask(session, stall, mug, "5.00")
        assert (await Repricer(session).reprice([mug], "market")).plain() == {"held": 1}
        assert await Governor(session).open_freezes() == [], "nothing happens to the price yet"
        wanted = await session.execute(text("SELECT rule_price FROM offer_price WHERE offer_id = :id"), {"id": mug})
        assert wanted.scalar_one() == Decimal("9.80")
        (waiting,) = await views.approvals(session, state="waiting")
    async with database.transaction(scope, actor=OTTO) as session:
        await Approving(session).agree(waiting.row.id)
        assert await prices_of(session, [mug]) == [Decimal("20.00")]
        await PriceService(session).release([mug])
        assert await prices_of(session, [mug]) == [Decimal("4.90")]


async def test_beyond_its_limits_everything_freezes_until_one_click(session: AsyncSession, seller: SellerRef) -> None:
    stall, mug = await war(session, seller, "5.00")
    cup = await add_offer(session, stall, "CUP")
    await rivals_ask(session, stall, cup, "9.90")

    tally = await Repricer(session).reprice([mug, cup], "market")

    assert tally.plain() == {"frozen": 2}
    (freeze,) = await Governor(session).open_freezes()
    assert (freeze.cause, freeze.account_id) == ("step", stall.account_id)
    holds = await session.execute(
        text("SELECT count(*) FROM offer_price_hold WHERE seller_id = :id"), {"id": seller.id}
    )
    assert holds.scalar_one() == 1
    assert (await Repricer(session).reprice([cup], "market")).plain() == {"frozen": 1}
    assert await prices_of(session, [mug, cup]) == [Decimal("10.00"), Decimal("10.00")]

    await Approving(session).resume(freeze.id)
    tally = await Repricer(session).reprice([mug, cup], "resumed")

    # What froze waits for a second person now, instead of freezing everything again.
    assert tally.by_offer == {mug: "held", cup: "applied"}
    assert await prices_of(session, [mug, cup]) == [Decimal("10.00"), Decimal("9.80")]
    holds = await session.execute(
        text("SELECT count(*) FROM offer_price_hold WHERE seller_id = :id"), {"id": seller.id}
    )
    assert holds.scalar_one() == 0


async def test_what_was_queued_before_a_freeze_is_not_sent_after_it(session: AsyncSession, seller: SellerRef) -> None:
    stall, mug = await war(session, seller, "9.90")
    told = await add_offer(session, stall, "TOLD")
    await rivals_ask(session, stall, told, "9.90")
    assert (await Repricer(session).reprice([mug, told], "costs")).plain() == {"applied": 2}
    await session.execute(text("UPDATE offer_price SET published_price = 9.80 WHERE offer_id = :id"), {"id": told})
    freeze = await Governor(session).freeze(seller_id=seller.id, account_id=stall.account_id)
    assert freeze is not None

    await Approving(session).resume(freeze)

    wanted = await session.execute(
        text("SELECT wanted_price FROM offer_price WHERE seller_id = :id ORDER BY offer_id"), {"id": seller.id}
    )
    assert list(wanted.scalars()) == [None, Decimal("9.80")], "only what the channel has stays wanted"
    assert await views.frozen_offers(session, None) == [mug], "and is looked at again"
    assert (await Repricer(session).reprice([mug], "resumed")).plain() == {"applied": 1}


async def test_only_who_works_for_all_sellers_speaks_for_the_instance(session: AsyncSession, seller: SellerRef) -> None:
    with pytest.raises(WholeInstanceError):
        await Governor(session).freeze(seller_id=None)
    with pytest.raises(WholeInstanceError):
        await LimitService(session).put({"hour_items": Decimal(1)}, seller_id=None)
    assert await Governor(session).freeze(seller_id=seller.id) is not None
    assert await Governor(session).freeze(seller_id=seller.id) is None


async def test_one_click_resumes_an_account_and_its_seller(session: AsyncSession, seller: SellerRef) -> None:
    stall, mug = await war(session, seller, "9.90")
    await LimitService(session).put({"hour_items": Decimal(2)}, seller_id=seller.id)
    offers = [mug, *[await add_offer(session, stall, f"CUP-{number}") for number in range(3)]]
    for offer in offers[1:]:
        await rivals_ask(session, stall, offer, "9.90")
    assert (await Repricer(session).reprice(offers[:2], "market")).plain() == {"applied": 2}
    assert (await Repricer(session).reprice(offers[2:], "market")).plain() == {"frozen": 2}
    (freeze,) = await Governor(session).open_freezes()
    assert freeze.account_id == stall.account_id

    await Approving(session).resume(freeze.id)

    assert (await Repricer(session).reprice(offers[2:], "resumed")).plain() == {"applied": 2}
    await session.execute(
        text("UPDATE pricing_counter SET floor_allowed = 80, counting_since = now() - interval '2 days'")
    )
    await LimitService(session).put({"hour_items": Decimal(9)}, seller_id=seller.id)
    await rivals_ask(session, stall, mug, "9.70")
    await Repricer(session).reprice([mug], "market")
    allowed = await session.execute(
        text("SELECT DISTINCT floor_allowed FROM pricing_counter WHERE seller_id = :id"), {"id": seller.id}
    )
    assert list(allowed.scalars()) == [0], "what was allowed goes down with what stands at the floor"


async def holds_of(session: AsyncSession, seller: SellerRef) -> int:
    found = await session.execute(
        text("SELECT count(*) FROM offer_price_hold WHERE seller_id = :id"), {"id": seller.id}
    )
    return int(found.scalar_one())


async def test_a_seller_who_resumes_stays_stopped_while_the_instance_is(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.all_sellers(), actor=TESS) as session:
        governor = Governor(session)
        async with session.begin_nested() as everything:
            await governor.spread([seller.id], frozen=True)
            assert await holds_of(session, seller) == 0, "the instance was resumed before this was told"
            own = await governor.freeze(seller_id=seller.id)
            whole = await governor.freeze(seller_id=None)
            assert own is not None
            assert whole is not None
            await governor.spread([seller.id], frozen=True)

            await governor.resume(own)
            assert await holds_of(session, seller) == 1

            await governor.resume(whole)
            await governor.spread([seller.id], frozen=False)
            assert await holds_of(session, seller) == 0
            await everything.rollback()


async def test_two_runs_do_not_pass_a_limit_together(database: Database, seller: SellerRef) -> None:
    """Of forty offers twenty-four may move in an hour: two runs at once want thirty between them."""
    scope = Scope.of(seller.id)
    async with database.transaction(scope, actor=TESS) as session:
        stall = await open_stall(session, seller.id)
        offers = [await add_offer(session, stall, f"MUG-{number}") for number in range(40)]
        for offer in offers[:30]:
            await rivals_ask(session, stall, offer, "9.80")
        await add_rule(session, stall, LOW)

    async def run(part: list[UUID]) -> dict[str, int]:
        async with database.transaction(scope, actor=TESS) as session:
            return (await Repricer(session).reprice(part, "market")).plain()

    tallies = await asyncio.gather(run(offers[:15]), run(offers[15:30]))

    assert sorted(tallies, key=str) == [{"applied": 15}, {"frozen": 15}]
    async with database.transaction(scope) as session:
        (freeze,) = await Governor(session).open_freezes()
        assert freeze.cause == "hour_share"
        moved = [price for price in await prices_of(session, offers) if price != Decimal("10.00")]
        assert len(moved) == 15
