"""The regression corpus: kept pages, read again with a changed recipe, must answer as before, or as a person said."""

from collections.abc import Iterable

from entrepot.pricewatch.extracting.contract import Case, Difference, Field, Recipe
from entrepot.pricewatch.extracting.reading import extract

COMPARED = frozenset(Field) - {Field.IMAGE, Field.TITLE}
"""What prices and stock are decided by; names and pictures may change with the markup."""


def replay(cases: Iterable[Case], old: Recipe, new: Recipe) -> list[Difference]:
    """Return what *new* would change of the answers of *old* or of people, over kept pages; empty: *new* is safe.

    What a person said is right counts more than what *old* answered; where *old* found nothing, *new* may find something;
    an answer that a person called wrong must go.
    """
    differences: list[Difference] = []
    for case in cases:
        before = extract(case.page, old).answers()
        after = extract(case.page, new).answers()
        for field in Field:
            got = after.get(field, "")
            if field in case.truth:
                expected, by_person = case.truth[field], True
            elif field in case.wrong:
                if got != case.wrong[field]:
                    continue
                expected, by_person = f"not {case.wrong[field]}", True
            elif field in COMPARED and before.get(field):
                expected, by_person = before[field], False
            else:
                continue
            if got != expected:
                differences.append(Difference(case.id, case.page.url, field, expected, got, by_person))
    return differences
