"""Which product may be meant."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from entrepot.offers.likeness import Candidate, best, likeness, same_sku, searches

titles = st.text(alphabet="abc xyz-", max_size=20)


def candidate(sku: str, title: str) -> Candidate:
    return Candidate(uuid.uuid4(), sku, title)


@given(titles, titles)
def test_likeness_is_a_share_and_has_no_direction(first: str, second: str) -> None:
    assert 0 <= likeness(first, second) <= 1
    assert likeness(first, second) == likeness(second, first)


def test_almost_the_same_sku_counts_more_than_a_title() -> None:
    mug, cup = candidate("MUG-01", "Blue mug"), candidate("CUP", "White cup with handle")

    assert best("mug 01", "White cup with handle", [cup, mug]) == (mug, "sku")
    assert best("X", "Handle cup, white", [mug, cup]) == (cup, "title")
    assert best("X", "Something else", [mug, cup]) is None


def test_signs_do_not_make_an_article_number() -> None:
    assert same_sku("ab-1", "AB 1")
    assert not same_sku("--", " ")


@given(titles)
def test_searches_begin_with_the_strictest(title: str) -> None:
    tried = searches(title)

    assert sorted(tried, key=lambda query: -len(query.split())) == tried
