"""Repricing in the service: which rule counts, what becomes of a decision, and that nothing leaves its limits."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.errors import InvalidInputError
from entrepot.pricing import views
from entrepot.pricing.approving import Approving
from entrepot.pricing.costs import CostService
from entrepot.pricing.costs_repository import CostRepository
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.domain.rules import Limits, Mode, Rule
from entrepot.pricing.exchange import Exchange
from entrepot.pricing.explaining import Kept, derivation_of
from entrepot.pricing.groups import GroupService
from entrepot.pricing.judging import Judging
from entrepot.pricing.repricing import Repricer
from entrepot.pricing.rules import RuleService
from entrepot.pricing.running import touch
from entrepot.pricing.selecting import Selection
from entrepot.pricing.windows import read_windows, write_windows
from tests.pricewatch.alerts.conftest import Watched
from tests.pricing.factories import add_offer, add_rule, open_stall, prices_of, rivals_ask

pytestmark = pytest.mark.anyio


async def outcome_of(session: AsyncSession, offer: object) -> str:
    found = await session.execute(text("SELECT outcome FROM pricing_standing WHERE offer_id = :id"), {"id": offer})
    return str(found.scalar_one())


async def test_each_mode_does_what_it_says(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG")
    await rivals_ask(session, stall, mug, "9.50", "9.80")
    rule = await add_rule(session, stall, mode=Mode.OFF)
    groups = GroupService(session)

    expected = {
        Mode.OFF: {},
        Mode.DRY_RUN: {"dry_run": 1},
        Mode.APPROVE: {"proposed": 1},
        Mode.AUTOMATIC: {"applied": 1},
    }
    for mode, outcomes in expected.items():
        assert await prices_of(session, [mug]) == [Decimal("10.00")]
        await groups.switch(rule.group_id, mode)
        assert (await Repricer(session).reprice([mug], "hand")).plain() == outcomes
    assert await prices_of(session, [mug]) == [Decimal("9.40")]
    assert (await Repricer(session).reprice([mug], "hand")).plain() == {"unchanged": 1}

    await groups.switch(rule.group_id, Mode.OFF)
    await Repricer(session).reprice([mug], "rules")
    wanted = await session.execute(text("SELECT rule_price FROM offer_price WHERE offer_id = :id"), {"id": mug})
    assert wanted.scalar_one() is None


async def test_a_price_that_pricing_would_not_want_now_is_withdrawn(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG")
    await rivals_ask(session, stall, mug, "9.50")
    rule = await add_rule(session, stall)
    groups = GroupService(session)

    async def wanted_after(mode: Mode) -> Decimal | None:
        await groups.switch(rule.group_id, mode)
        await Repricer(session).reprice([mug], "rules")
        found = await session.execute(text("SELECT rule_price FROM offer_price WHERE offer_id = :id"), {"id": mug})
        price: Decimal | None = found.scalar_one()
        return price

    assert await wanted_after(Mode.AUTOMATIC) == Decimal("9.40")
    assert await wanted_after(Mode.APPROVE) == Decimal("9.40"), "it was let through, and is inside its limits"
    assert await wanted_after(Mode.DRY_RUN) is None
    assert await wanted_after(Mode.AUTOMATIC) == Decimal("9.40")
    await CostService(session).put(seller.id, {"purchase": Decimal("8.00")})
    assert await wanted_after(Mode.APPROVE) is None, "it is below the floor by now"
    await CostService(session).put(seller.id, {"purchase": Decimal("5.00")})
    assert await wanted_after(Mode.AUTOMATIC) == Decimal("9.40")
    await session.execute(text("DELETE FROM pricing_cost"))
    assert await wanted_after(Mode.AUTOMATIC) is None, "nobody knows its floor"

    await session.execute(text("UPDATE offer SET gone_at = now() WHERE id = :id"), {"id": mug})
    assert await touch(session, [mug], "rules") == 1, "also what is gone is let go of"
    await Repricer(session).reprice([mug], "rules")
    assert await touch(session, [mug], "rules") == 0


async def test_a_supplier_in_another_currency_is_no_cost(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    offer = await add_offer(session, stall, "MUG")
    mug = Watched(seller)
    await mug.store(session)
    await mug.observe(session, 1, "4.00")
    await mug.observe(session, 1, "6.00", listing=1)
    await session.execute(text("UPDATE price_listing SET currency = 'USD' WHERE id = :id"), {"id": mug.listings[0]})
    await session.execute(text("UPDATE watched_product SET product_id = (SELECT product_id FROM offer)"))
    for store_id in mug.stores:
        await CostRepository(session).put_supplier(seller.id, store_id, with_vat=False)

    [(_, facts, _)] = await Judging(session).known([offer])

    assert facts.costs.supplier_price is not None
    assert (facts.costs.supplier_price.value, facts.costs.supplier_price.source) == (Decimal(6), "Beta")


async def test_a_proposal_is_applied_as_it_was_shown(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug, cup = await add_offer(session, stall, "MUG"), await add_offer(session, stall, "CUP")
    for offer in (mug, cup):
        await rivals_ask(session, stall, offer, "9.50")
    await add_rule(session, stall, mode=Mode.APPROVE)
    await Repricer(session).reprice([mug, cup], "schedule")
    await rivals_ask(session, stall, cup, "9.00")

    tally = await Approving(session).apply()

    assert tally.by_offer == {mug: "applied", cup: "proposed"}
    assert await prices_of(session, [mug, cup]) == [Decimal("9.40"), Decimal("10.00")]
    assert await views.proposed_prices(session, None, limit=9) == {cup: Decimal("8.90")}


async def test_the_most_specific_rule_counts_and_the_others_are_named(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug, cup = await add_offer(session, stall, "MUG"), await add_offer(session, stall, "CUP")
    await add_rule(session, stall)
    narrow = await add_rule(session, stall, group="Mugs", name="Mugs only", selection=Selection(skus=("MUG",)))
    by_hand = await add_rule(session, stall, group="Chosen", name="By hand", selection=Selection(skus=("NOTHING",)))
    await Repricer(session).reprice([mug, cup], "hand")
    ruled = {row.offer_id: row.rule for row in await views.standings(session)}
    assert ruled == {mug: "Mugs only", cup: "Undercut"}

    await GroupService(session).include(by_hand.group_id, [cup])
    await GroupService(session).exclude(narrow.group_id, [mug])
    await Repricer(session).reprice([mug, cup], "hand")

    assert {row.offer_id: row.rule for row in await views.standings(session)} == {mug: "Undercut", cup: "By hand"}
    newest = (await views.decisions(session, offer_id=cup, limit=1))[0]
    kept = Kept.read(await views.derivation(session, newest.id) or {})
    assert kept is not None
    assert [(one.name, one.why) for one in kept.lost] == [("Undercut", "not_by_hand")]
    assert derivation_of(kept).rule is not None


async def test_the_database_itself_refuses_a_price_outside_its_limits(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG")
    await rivals_ask(session, stall, mug, "9.50")
    await add_rule(session, stall)
    await Repricer(session).reprice([mug], "hand")

    with pytest.raises(IntegrityError, match="inside_limits"):
        await session.execute(text("UPDATE pricing_standing SET price_after = floor - 0.01"))


async def test_without_costs_there_is_no_automatic_price(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    await session.execute(text("DELETE FROM pricing_cost"))
    mug = await add_offer(session, stall, "MUG")
    await rivals_ask(session, stall, mug, "9.50")
    await add_rule(session, stall)

    assert (await Repricer(session).reprice([mug], "hand")).plain() == {"unchanged": 1}
    newest = (await views.decisions(session, offer_id=mug, limit=1))[0]
    kept = Kept.read(await views.derivation(session, newest.id) or {})
    assert kept is not None
    assert "not known" in " ".join(step.english for step in derivation_of(kept).steps)


async def test_a_margin_that_was_entered_raises_the_floor(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG", price="8.20")
    await rivals_ask(session, stall, mug, "7.00")
    await add_rule(session, stall)
    await CostService(session).put(seller.id, {"margin": Decimal("0.80")})

    await Repricer(session).reprice([mug], "costs")

    # p / 1.21 - 0.1 p - 5 >= 0.80  ->  p >= 7.99
    assert await prices_of(session, [mug]) == [Decimal("7.99")]
    assert (await views.standings(session))[0].at_floor


async def test_bursts_meet_in_one_list_and_pauses_rest(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG", gtin="8710000000017")
    await rivals_ask(session, stall, mug, "9.50")
    rule = await add_rule(session, stall)
    for trigger in ("stock", "market", "costs"):
        assert await touch(session, [mug], trigger) == 1
    decisions = DecisionRepository(session)
    assert await decisions.touched(stall.account_id, read_market=False, limit=9) == [(mug, "8710000000017", "costs")]
    queued = await session.execute(text("SELECT count(*) FROM job_run WHERE job = 'pricing.reprice'"))
    assert queued.scalar_one() == 1

    await GroupService(session).pause(rule.group_id, until=None, price=Decimal("9.95"))
    await Repricer(session).reprice(await decisions.take([mug]), "costs")

    assert await prices_of(session, [mug]) == [Decimal("9.95")]
    assert await decisions.touched(stall.account_id, read_market=False, limit=9) == []


async def test_groups_and_rules_go_out_and_in(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    await add_rule(session, stall, selection=Selection(tags=("kitchen",), price_from=Decimal("2.50")))
    raw = await Exchange(session).export()
    group = (await GroupService(session).groups())[0]
    assert [one.exists for one in await Exchange(session).plan(raw)] == [True]
    await GroupService(session).remove(group.id)

    assert await Exchange(session).bring_in(seller.id, raw) == ["Everything"]

    again = (await GroupService(session).groups())[0]
    assert (again.mode, again.selection) == (Mode.OFF, group.selection)
    assert [rule.name for rule in await RuleService(session).rules(again.id)] == ["Undercut"]


def test_times_of_the_week_are_read_and_written() -> None:
    lines = ["1-5 08:00-22:00", "6-1 22:00-06:00", "3 00:00-24:00"]
    assert write_windows(read_windows(lines)) == lines
    for nonsense in ("always", "8 08:00-09:00", "1-5 08:00-08:00", "25:00-26:00"):
        with pytest.raises(InvalidInputError):
            read_windows([nonsense])


MONEY = st.decimals("0.50", "60", places=2)


@settings(max_examples=12)
@given(
    rivals=st.lists(MONEY, max_size=5),
    now=MONEY,
    purchase=MONEY,
    margin=st.integers(0, 40),
    height=st.integers(1, 30),
    rule=st.sampled_from(["undercut", "match", "lowest", "buy_box", "win_then_raise", "oscillate", "sell_out"]),
)
async def test_nothing_is_published_outside_its_limits(
    session: AsyncSession,
    seller: SellerRef,
    rivals: list[Decimal],
    now: Decimal,
    purchase: Decimal,
    margin: int,
    height: int,
    rule: str,
) -> None:
    import msgspec  # noqa: PLC0415

    async with session.begin_nested() as nested:
        stall = await open_stall(session, seller.id)
        await CostService(session).put(seller.id, {"purchase": purchase})
        mug = await add_offer(session, stall, "MUG", price=str(now))
        await rivals_ask(session, stall, mug, *map(str, rivals))
        floor = f"PRICE(FIRST(landed_cost, purchase_price) + shipping + packaging, 0, {margin}%)"
        limits = Limits(floor=floor, ceiling=f"floor * 1.{height}")
        said = msgspec.convert({"rule_id": "", "strategy": rule, "limits": msgspec.to_builtins(limits)}, Rule)
        await add_rule(session, stall, said)
        tally = await Repricer(session).reprice([mug], "hand")
        standing = (await views.standings(session))[0]
        (price,) = await prices_of(session, [mug])

        assert price is not None
        if tally.by_offer[mug] == "applied":
            assert standing.floor is not None
            assert standing.ceiling is not None
            assert standing.floor <= price <= standing.ceiling
        else:
            assert price == now, "what was not applied changes nothing"
        await nested.rollback()
