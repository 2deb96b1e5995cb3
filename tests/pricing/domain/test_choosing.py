"""Formulas that are typed, the rule that counts, and what the governor lets through."""

from decimal import Decimal

import msgspec
import pytest

from entrepot.pricing.domain.errors import FormulaError
from entrepot.pricing.domain.formulas import parse, reckon
from entrepot.pricing.domain.governing import (
    Change,
    Counters,
    GovernorLimits,
    Reason,
    Ruling,
    Scope,
    govern,
    govern_stock,
)
from entrepot.pricing.domain.rules import Rule
from entrepot.pricing.domain.selection import Candidate, Lost, Reach, select_rule
from tests.pricing.domain.worlds import NOW, costs, offer


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("purchase_price *", "stops in the middle"),
        ("purchase_price $ 2", "“$” at character 16"),
        ("inkoop + 1", "“inkoop” is not known. Use one of: purchase_price"),
        ("SUM(1, 2)", "“SUM” is not known"),
        ("MAX(1)", "MAX needs 2-20"),
        ("1 2", "“2” at character 3"),
        ("(1", "stops in the middle"),
        ("()", "“)” at character 2"),
        ("(" * 30 + "1", "too long"),
        ("1" * 501, "too long"),
    ],
)
def test_a_formula_that_cannot_be_read_says_where(text: str, says: str) -> None:
    with pytest.raises(FormulaError) as error:
        parse(text)

    assert says in str(error.value)


def test_a_formula_keeps_what_it_was_reckoned_from() -> None:
    found = reckon("max(first(landed_cost, purchase_price) * 2 - 50% / 2, (1 + 2) * 3)", costs(), NOW.date())

    assert found.value == Decimal("19.75")
    assert [(term.text, term.source) for term in found.terms] == [
        ("purchase_price", "supplier Acme"),
        ("MAX(FIRST(landed_cost, purchase_price) * 2 - 50% / 2, (1 + 2) * 3)", ""),
    ]


def test_the_most_specific_rule_counts_and_the_others_say_why_not() -> None:
    def made(name: str, reach: Reach, reaches: str = "", **more: int) -> Candidate:
        candidate = Candidate(rule=Rule(rule_id=name), reach=reach, reaches=reaches)
        return msgspec.structs.replace(candidate, **more)

    facts = offer(brand="ACME", groups=frozenset({"g"}), lists=frozenset({"l"}))
    rules = [
        made("all", Reach.ALL),
        made("brand", Reach.BRAND, "acme"),
        made("list late", Reach.LIST, "l", position=2),
        made("list", Reach.LIST, "l", position=1),
        made("other", Reach.OFFER, "o2"),
        made("off", Reach.OFFER, "o1", active=False),
    ]

    choice = select_rule(facts, rules)

    assert choice.chosen is rules[3]
    assert {one.rule.rule_id: lost for one, lost in choice.others} == {
        "all": Lost.WIDER,
        "brand": Lost.WIDER,
        "list late": Lost.LATER,
        "other": Lost.ELSEWHERE,
        "off": Lost.OFF,
    }
    assert select_rule(facts, reversed(rules)).chosen is rules[3]
    assert select_rule(facts, []).chosen is None


CALM = Counters(scope=Scope.SELLER, offers=100)


@pytest.mark.parametrize(
    ("change", "counters", "reason"),
    [
        ({}, {}, None),
        ({"after": Decimal(13)}, {}, Reason.STEP),
        ({"after": Decimal(13), "by_person": True}, {}, None),
        ({"after": Decimal(16), "by_person": True}, {}, Reason.SECOND_PERSON),
        ({"after": Decimal(16), "by_person": True, "second_person": True}, {}, None),
        ({"hour_ago": Decimal(6)}, {}, Reason.HOUR),
        ({}, {"changes": 500}, Reason.CHANGES),
        ({}, {"moved": 60}, Reason.MOVED),
        ({"moved_already": True}, {"moved": 60}, None),
        ({"floor": Decimal(9)}, {"at_floor": 50}, Reason.AT_FLOOR),
        ({"floor": Decimal(9), "was_at_floor": True}, {"at_floor": 51}, None),
        ({}, {"offers": 3, "moved": 3}, None),
        ({}, {"frozen": True}, Reason.FROZEN),
        ({"before": None, "after": Decimal(99)}, {}, None),
    ],
)
def test_the_governor_rules_by_the_first_limit_that_is_passed(
    change: dict[str, object], counters: dict[str, object], reason: Reason | None
) -> None:
    limits = GovernorLimits(changes_per_hour=500, second_person_percent=Decimal(50))
    proposed = msgspec.structs.replace(Change(offer_id="o", before=Decimal(10), after=Decimal(9)), **change)

    said = govern(proposed, [(CALM, GovernorLimits()), (msgspec.structs.replace(CALM, **counters), limits)])

    assert said.reason is reason
    assert (said.ruling is Ruling.FREEZE) == (reason in {Reason.CHANGES, Reason.MOVED, Reason.AT_FLOOR, Reason.FROZEN})


def test_a_stock_that_jumps_is_held() -> None:
    limits = GovernorLimits(stock_jump_percent=Decimal(300))

    assert govern_stock(100, 450, CALM, limits).reason is Reason.STOCK_JUMP
    assert govern_stock(100, 390, CALM, limits).ruling is Ruling.ALLOW
    assert govern_stock(2, 40, CALM, limits).ruling is Ruling.ALLOW
    assert govern_stock(1, 2, msgspec.structs.replace(CALM, frozen=True), limits).ruling is Ruling.FREEZE
