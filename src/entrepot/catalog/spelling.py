"""Searching as people type: cutting a query into terms, and choosing the word that a misspelt one was meant to be."""

from collections.abc import Iterable, Sequence

from entrepot.catalog.domain import compact_gtin

TERM_LIMIT = 6
TERM_LENGTH = 60


def terms_of(query: str) -> list[str]:
    """Return the terms that must all be found.  Digits written in groups, as on a package, are one term."""
    text = " ".join(query.lower().split())
    if compact_gtin(text).isdecimal():
        return [compact_gtin(text)[:TERM_LENGTH]]
    return [term[:TERM_LENGTH] for term in text.split()[:TERM_LIMIT]]


def nearest(terms: Sequence[str], candidates: Iterable[tuple[str, str]]) -> list[str]:
    """Return *terms*, each replaced by the best of its *candidates* (term, word), the first of equals.

    A term that may be wrong in more than a third of its letters stays as it is.
    """
    best: dict[str, tuple[int, str]] = {}
    for term, word in candidates:
        distance = edits(term, word)
        if distance <= max(1, len(term) // 3) and (term not in best or distance < best[term][0]):
            best[term] = (distance, word)
    return [best[term][1] if term in best else term for term in terms]


def edits(one: str, other: str) -> int:
    """Return how many letters to add, drop, replace or swap with a neighbour to make *other* of *one*."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        previous, row = row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = previous
    return row[-1]
