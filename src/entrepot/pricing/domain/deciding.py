"""The decision about one price: the strategy's wish, held inside the limits, with everything that explains it.  Pure."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from entrepot.pricing.domain.bounds import Bounds, bounds_of
from entrepot.pricing.domain.competition import is_ours, see
from entrepot.pricing.domain.decision import (
    ChangeKind,
    Decision,
    Limit,
    Problem,
    Rival,
    Step,
    StepKind,
    Verdict,
    WhatIf,
)
from entrepot.pricing.domain.facts import Market, OfferFacts
from entrepot.pricing.domain.formulas import Unknown, reckon
from entrepot.pricing.domain.holding import hold
from entrepot.pricing.domain.margins import MOST, Impossible, down
from entrepot.pricing.domain.rules import START, Rule, State, Strategy, Window
from entrepot.pricing.domain.strategies import Scene, Wish, beaten, fresh, wish

WITHOUT_MARKET = frozenset({Strategy.FOLLOW_STORE, Strategy.SELL_OUT})
"""Strategies that do not look at the channel's other sellers."""


def decide(facts: OfferFacts, market: Market, rule: Rule, state: State = START) -> Decision:
    """Return what the offer should ask.

    Args:
        facts: the offer, with its costs and the moment.
        market: what others ask.
        rule: the rule that counts for it.
        state: what the decision before returned as its state.
    """
    local = facts.moment.astimezone(_zone(rule.timezone))
    bounds = bounds_of(rule.limits, facts.costs, local.date())
    if bounds.problem is not None:
        return _nothing(facts, rule, state, bounds, bounds.problem)
    resting = _resting(facts, rule, local)
    if rule.paused and not rule.resting_price:
        return _nothing(facts, rule, state, bounds, Problem.PAUSED)
    rivals = see(market.offers, facts, rule.rivals)
    has_box = any(offer.best and is_ours(offer, facts) for offer in market.offers)
    scene = Scene(
        facts=facts,
        market=market,
        rule=rule,
        state=state,
        floor=bounds.floor or MOST,
        ceiling=bounds.ceiling or MOST,
        day=local.date(),
        counted=tuple(rival for rival in rivals if rival.skipped is None),
        has_box=has_box,
    )
    wanted = _rest(scene, resting) if resting is not None else _wish(scene)
    if wanted.price is None:
        return _nothing(facts, rule, state, bounds, Problem.NO_PRICE, wanted, rivals)
    if wanted.rivalled and wanted.price < scene.floor:
        wanted = beaten(scene, wanted, bounds)
    asked = scene.floor if wanted.price is None else wanted.price
    return _within(scene, wanted, bounds, rivals, min(max(asked, -MOST), MOST))


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _nothing(
    facts: OfferFacts,
    rule: Rule,
    state: State,
    bounds: Bounds,
    problem: Problem,
    wanted: Wish | None = None,
    rivals: tuple[Rival, ...] = (),
) -> Decision:
    changes = tuple(WhatIf(kind=ChangeKind.TERM_KNOWN, name=one.name) for one in bounds.missing)
    if problem is Problem.PAUSED:
        changes = (WhatIf(kind=ChangeKind.ENDED),)
    return Decision(
        verdict=Verdict.NONE,
        before=facts.price,
        currency=facts.currency,
        rule_id=rule.rule_id,
        rule_version=rule.version,
        floor=bounds.floor,
        ceiling=bounds.ceiling,
        problem=problem,
        missing=bounds.missing,
        steps=wanted.steps if wanted else (),
        floor_terms=bounds.floor_terms,
        ceiling_terms=bounds.ceiling_terms,
        rivals=rivals,
        changes=changes,
        state=state,
    )


def open_at(windows: tuple[Window, ...], local: datetime) -> bool:
    """Return whether the rule works at *local*; a window over midnight belongs to the day on which it begins."""
    if not windows:
        return True
    minute, day = local.hour * 60 + local.minute, local.isoweekday()
    yesterday = 7 if day == 1 else day - 1
    return any(
        (one.begins <= minute < one.ends and day in one.days)
        if one.begins < one.ends
        else (minute >= one.begins and day in one.days) or (minute < one.ends and yesterday in one.days)
        for one in windows
    )


def _resting(facts: OfferFacts, rule: Rule, local: datetime) -> Step | None:
    """Return why the rule rests now, ``None`` if it works."""
    if facts.vacation:
        return Step(kind=StepKind.VACATION)
    if rule.paused:
        return Step(kind=StepKind.RESTING)
    if not open_at(rule.windows, local):
        return Step(kind=StepKind.OUTSIDE)
    return None


def _rest(scene: Scene, why: Step) -> Wish:
    """Ask the price for resting, else what is asked now."""
    now, formula = scene.facts.price, scene.rule.resting_price
    ends = WhatIf(kind=ChangeKind.WINDOW if why.kind is StepKind.OUTSIDE else ChangeKind.ENDED)
    if not formula:
        return Wish(price=now, steps=(Step(kind=why.kind, price=now),), changes=(ends,), state=scene.state)
    try:
        found = reckon(formula, scene.facts.costs, scene.day, floor=scene.floor)
    except Unknown as unknown:
        return Wish(
            price=now,
            steps=(why, Step(kind=StepKind.RESTING_UNKNOWN, price=now, name=unknown.name)),
            changes=(ends, WhatIf(kind=ChangeKind.TERM_KNOWN, name=unknown.name)),
            state=scene.state,
        )
    except Impossible:
        return Wish(
            price=now,
            steps=(why, Step(kind=StepKind.RESTING_UNKNOWN, price=now)),
            changes=(ends,),
            state=scene.state,
        )
    price = down(min(max(found.value, -MOST), MOST))
    return Wish(price=price, steps=(why, Step(kind=StepKind.RESTING, price=price)), changes=(ends,), state=scene.state)


def _wish(scene: Scene) -> Wish:
    """Ask the strategy, unless nobody looked at the market lately: then what is asked now stays."""
    if scene.rule.strategy in WITHOUT_MARKET or fresh(scene.market.read_at, scene):
        return wish(scene)
    kind = StepKind.MARKET_UNKNOWN if scene.market.read_at is None else StepKind.MARKET_OLD
    now = scene.facts.price
    return Wish(
        price=now,
        steps=(Step(kind=kind, price=now, at=scene.market.read_at),),
        changes=(WhatIf(kind=ChangeKind.MARKET_READ),),
        state=scene.state,
    )


def _within(scene: Scene, wanted: Wish, bounds: Bounds, rivals: tuple[Rival, ...], asked: Decimal) -> Decision:
    """Hold the wish inside the limits, and write everything down."""
    facts, rule = scene.facts, scene.rule
    held = hold(asked, facts, rule, bounds, scene.day)
    changes = wanted.changes
    if held.limits and held.limits[0] is Limit.CEILING:
        changes = (*changes, WhatIf(kind=ChangeKind.CEILING_HIGHER, price=asked))
    elif (
        held.limits and held.limits[0] is Limit.FLOOR and not any(one.kind is ChangeKind.FLOOR_LOWER for one in changes)
    ):
        changes = (*changes, WhatIf(kind=ChangeKind.FLOOR_LOWER, price=asked))
    return Decision(
        verdict=Verdict.KEEP if held.price == facts.price else Verdict.CHANGE,
        price=held.price,
        before=facts.price,
        currency=facts.currency,
        rule_id=rule.rule_id,
        rule_version=rule.version,
        wanted=asked,
        floor=bounds.floor,
        ceiling=bounds.ceiling,
        limits=held.limits,
        steps=(*wanted.steps, *held.steps) if held.steps else wanted.steps,
        floor_terms=bounds.floor_terms,
        ceiling_terms=bounds.ceiling_terms,
        rivals=rivals,
        has_box=scene.has_box,
        market_read_at=scene.market.read_at,
        market_source=scene.market.source,
        changes=changes,
        state=wanted.state,
    )
