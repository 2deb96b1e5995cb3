"""Which rule counts for an offer: the most specific one, and why the others do not.  Pure."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from entrepot.pricing.domain.facts import OfferFacts
from entrepot.pricing.domain.rules import Rule


class Reach(StrEnum):
    """What a rule is made for, the most specific first."""

    OFFER = "offer"
    LIST = "list"
    QUERY = "query"
    CATEGORY = "category"
    BRAND = "brand"
    GROUP = "group"
    ACCOUNT = "account"
    ALL = "all"


_ORDER = {reach: number for number, reach in enumerate(Reach)}


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with what it is made for."""

    rule: Rule
    reach: Reach = Reach.ALL
    reaches: str = ""
    """The id of the offer, list, query, group or account, the name of the category or brand; empty for all."""
    position: int = 0
    """Among rules that are equally specific the lowest wins; then the id, so that it is always the same one."""
    active: bool = True


class Lost(StrEnum):
    """Why a rule does not count for an offer."""

    OFF = "off"
    ELSEWHERE = "elsewhere"
    """It is not made for this offer."""
    WIDER = "wider"
    """Another one is more specific."""
    LATER = "later"
    """Another one is as specific and stands before it."""


class Choice(msgspec.Struct, frozen=True):
    """The rule that counts, and the others with the reason why they do not."""

    chosen: Candidate | None
    others: tuple[tuple[Candidate, Lost], ...]


def covers(candidate: Candidate, facts: OfferFacts) -> bool:
    """Return whether a rule is made for the offer."""
    what, reach = candidate.reaches, candidate.reach
    if reach in {Reach.LIST, Reach.QUERY}:
        return what in facts.lists
    if reach is Reach.GROUP:
        return what in facts.groups
    own = {
        Reach.OFFER: facts.offer_id,
        Reach.ACCOUNT: facts.account_id,
        Reach.BRAND: facts.brand,
        Reach.CATEGORY: facts.category,
    }
    return reach is Reach.ALL or (bool(what) and what.casefold() == own[reach].casefold())


def select_rule(facts: OfferFacts, candidates: Iterable[Candidate]) -> Choice:
    """Return the most specific rule that is on and made for the offer, whatever order they come in."""
    ordered = sorted(candidates, key=lambda one: (_ORDER[one.reach], one.position, one.rule.rule_id))
    chosen: Candidate | None = None
    others: list[tuple[Candidate, Lost]] = []
    for one in ordered:
        if not one.active:
            others.append((one, Lost.OFF))
        elif not covers(one, facts):
            others.append((one, Lost.ELSEWHERE))
        elif chosen is None:
            chosen = one
        else:
            others.append((one, Lost.LATER if one.reach is chosen.reach else Lost.WIDER))
    return Choice(chosen, tuple(others))
