"""Formulas that are typed: read, refused with a sentence, worked out with every term kept."""

from decimal import Decimal

import pytest

from entrepot.pricing.domain.errors import FormulaError
from entrepot.pricing.domain.formulas import parse, reckon
from tests.pricing.domain.worlds import NOW, costs


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
