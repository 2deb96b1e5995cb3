"""What the form of a rule says comes back as it was."""

from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest

from entrepot.pricing.domain.rules import Adjustment, Follow, Rivals, Rule
from entrepot.pricing.pages.reading import Form
from entrepot.pricing.pages.rule_form import rule_fields, rule_of


@dataclass
class Store:
    """A watched web shop."""

    id: str
    name: str


def posted(rule: Rule, **changed: str) -> Form:
    """Return the form of a rule as a browser sends it."""
    values: dict[str, str] = {}
    for fields in rule_fields(rule, "A", "", {}, [], []).values():
        for field in fields:
            if field.get("type") == "checkbox":
                if field["value"]:
                    values[field["name"]] = "on"
            elif field.get("type") == "checks":
                values[field["name"]] = "\n".join(field["value"])
            else:
                values[field["name"]] = str(field["value"])
    return Form(values | changed)


@pytest.mark.parametrize(
    "rivals",
    [
        Rivals(),
        Rivals(shipping=False, least_rating=Decimal("7.5"), fulfilments=frozenset({"seller", "channel"})),
        Rivals(
            adjustments=(
                Adjustment(percent=Decimal(-3)),
                Adjustment(competitor="1234567", amount=Decimal("0.50"), percent=Decimal(2)),
                Adjustment(competitor="7654321"),
            )
        ),
    ],
)
def test_what_a_rule_says_about_competitors_comes_back(rivals: Rivals) -> None:
    rule = Rule(rule_id="", rivals=rivals, star=4)
    form = posted(rule)

    found = rule_of(form, Rule(rule_id=""))

    assert form.problems == {}
    assert (found.rivals, found.star) == (rivals, 4)


def test_an_adjustment_that_cannot_be_read_is_named() -> None:
    rule = Rule(rule_id="", rivals=Rivals(adjustments=(Adjustment(percent=Decimal(-3)),)))
    for wrong in ("cheap", "123:", ": 5", "1: 1e9"):
        form = posted(rule, adjustments=f"-3%\n{wrong}")
        assert rule_of(form, rule).rivals.adjustments == rule.rivals.adjustments
        assert form.problems.keys() == {"adjustments"}
    form = posted(rule, adjustments="\n  \n1: 2\n1: 5%")
    both = Adjustment(competitor="1", amount=Decimal(2), percent=Decimal(5))
    assert rule_of(form, rule).rivals == msgspec.structs.replace(rule.rivals, adjustments=(both,))


def test_web_shops_are_ticked_by_name() -> None:
    rule = Rule(rule_id="", follow=Follow(stores=frozenset({"1", "9"})))
    fields = rule_fields(rule, "A", "", {}, [Store("1", "Kettle & Co"), Store("2", "Maison")], [])["special"]
    [field] = [one for one in fields if one["name"] == "stores"]
    assert [one["label"] for one in field["options"]] == ["Kettle & Co", "Maison", "9"], "none is lost by saving"
    assert field["value"] == ["1", "9"]
    assert rule_of(posted(rule), Rule(rule_id="")).follow.stores == {"1", "9"}
