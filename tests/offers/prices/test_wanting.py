"""Who decides a price, and that deciding keeps every promise."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.ids import new_id
from entrepot.kit.sentence import Sentence
from entrepot.offers.prices import views
from entrepot.offers.prices.domain import PriceState, Source
from entrepot.offers.prices.service import PriceService
from entrepot.offers.prices.wanting import PriceMove, WantedPrice
from tests.offers.prices.factories import add_offer

pytestmark = pytest.mark.anyio


def rule(offer_id: UUID, price: str, currency: str = "EUR") -> WantedPrice:
    return WantedPrice(
        offer_id=offer_id, price=Decimal(price), currency=currency, source="rule", derivation={"source": "rule"}
    )


async def test_a_rule_s_price_counts_until_a_person_sets_one(session: AsyncSession, seller: SellerRef) -> None:
    offer = await add_offer(session, seller.id)
    prices = PriceService(session)

    (first,) = await prices.want([rule(offer, "12.49")])
    again = await prices.want([rule(offer, "12.49")])
    locked = await prices.lock(offer, Decimal("15.00"), reason="Agreed with the supplier")
    (weaker,) = await prices.want([rule(offer, "11.99")])
    await prices.release([offer])

    assert (first.changed, first.price, first.source) == (True, Decimal("12.49"), Source.RULE)
    assert not again[0].changed
    assert (locked.price, locked.source) == (Decimal("15.00"), Source.MANUAL)
    assert (weaker.changed, weaker.price, weaker.source) == (False, Decimal("15.00"), Source.MANUAL)
    (found,) = await views.priced_offers(session, offer_ids=[offer])
    assert (found.wanted, found.source, found.state) == (Decimal("11.99"), "rule", PriceState.TO_PUSH)
    assert await prices.withdraw([offer]) == 1
    (found,) = await views.priced_offers(session, offer_ids=[offer])
    assert (found.wanted, found.state) == (None, PriceState.UNKNOWN)


async def test_what_cannot_be_a_price_is_refused_alone(session: AsyncSession, seller: SellerRef) -> None:
    good, free, fine, other = [await add_offer(session, seller.id) for _ in range(4)]

    outcomes = await PriceService(session).want(
        [rule(good, "9.99"), rule(free, "0"), rule(fine, "9.999"), rule(other, "9.99", "GBP"), rule(new_id(), "1.00")]
    )

    assert [outcome.refused is None for outcome in outcomes] == [True, False, False, False, False]
    assert [outcome.refused.english for outcome in outcomes if outcome.refused] == [
        "A price must be more than 0 and at most 1000000.",
        "9.999 has more decimals than EUR has.",
        "This offer is priced in EUR, not in GBP.",
        "There is no such offer.",
    ]
    for sql in ("wanted_price = 0, wanted_source = 'rule'", "currency = 'eur'"):  # the floor of sanity
        with pytest.raises(Exception, match="ck_offer_price_"):
            async with session.begin_nested():
                await session.execute(text(f"UPDATE offer_price SET {sql} WHERE offer_id = :id"), {"id": good})


async def test_a_guard_sees_every_change_and_refuses_single_ones(session: AsyncSession, seller: SellerRef) -> None:
    calm, wild = [await add_offer(session, seller.id, published="10.00") for _ in range(2)]
    seen: list[PriceMove] = []

    async def guard(moves: object) -> dict[UUID, Sentence]:
        assert isinstance(moves, list)
        seen.extend(moves)
        return {move.offer_id: Sentence("Too much.") for move in seen if move.before and move.after > 2 * move.before}

    outcomes = await PriceService(session).want([rule(calm, "10.50"), rule(wild, "99.00")], guard=guard)

    assert {(move.offer_id, move.before, move.after) for move in seen} == {
        (calm, Decimal("10.00"), Decimal("10.50")),
        (wild, Decimal("10.00"), Decimal("99.00")),
    }
    assert [outcome.refused is None for outcome in outcomes] == [True, False]
    await PriceService(session).lock(calm, Decimal("20.00"))
    seen.clear()
    (hidden,) = await PriceService(session).want([rule(calm, "50.00")], guard=guard)
    assert [(move.before, move.after, move.hidden) for move in seen] == [(Decimal("10.50"), Decimal("50.00"), True)]
    assert hidden.refused is not None, "or it would come about unseen once the lock ends"
    (untouched,) = await views.priced_offers(session, offer_ids=[wild])
    assert untouched.wanted is None
