"""What each strategy would ask if there were no limits.  Pure."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import msgspec

from entrepot.pricing.domain.bounds import Bounds
from entrepot.pricing.domain.decision import ChangeKind, Rival, Step, StepKind, WhatIf
from entrepot.pricing.domain.facts import CENT, HUNDRED, ZERO, Market, OfferFacts, StorePrice
from entrepot.pricing.domain.margins import down, up
from entrepot.pricing.domain.rules import START, Alone, Phase, Rule, State, Strategy, Unbeatable

MOST_SOLD_OUT = 3
"""Sold-out competitors that are named as evidence."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a strategy looks at."""

    facts: OfferFacts
    market: Market
    rule: Rule
    state: State
    floor: Decimal
    ceiling: Decimal
    day: date
    """Of the decision, on the rule's clock."""
    counted: tuple[Rival, ...]
    """Those that count, the cheapest first."""
    has_box: bool


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy asks for, and how it got there.  No price: it cannot say, so what is asked now stays."""

    price: Decimal | None
    steps: tuple[Step, ...] = ()
    changes: tuple[WhatIf, ...] = ()
    state: State = START
    rivalled: bool = False
    """It comes from a competitor, so being unable to follow is a matter of its own."""


def step_at(price: Decimal, rule: Rule) -> Decimal:
    """Return how large a step is at *price*: whole cents, at least one."""
    band = None
    for one in rule.steps:
        if one.from_price <= price and (band is None or one.from_price >= band.from_price):
            band = one
    if band is None:
        return CENT
    return max(CENT, up(band.amount + price * band.percent / HUNDRED))


def wish(scene: Scene) -> Wish:
    """Return what the rule's strategy asks for."""
    strategy = scene.rule.strategy
    if strategy is Strategy.FOLLOW_STORE:
        return _follow(scene)
    if strategy is Strategy.SELL_OUT:
        return _sell_out(scene)
    if not scene.counted:
        return _alone(scene, scene.market.read_at)
    return _AGAINST[strategy](scene)


def _stepped(scene: Scene, read_at: datetime | None) -> Wish | None:
    """Return what to do instead of going on from our own price, if nobody has seen yet what the last step did."""
    before, now = scene.state.stepped_at, scene.facts.price
    if before is None or (read_at is not None and read_at > before):
        return None
    return Wish(
        price=now,
        steps=(Step(kind=StepKind.MARKET_SAME, price=now, at=read_at),),
        changes=(WhatIf(kind=ChangeKind.MARKET_READ),),
        state=scene.state,
    )


def _reference(scene: Scene) -> Rival:
    return next((rival for rival in scene.counted if rival.best), scene.counted[0])


def _against(scene: Scene, rival: Rival, *, by_step: bool, state: State = START, steps: tuple[Step, ...] = ()) -> Wish:
    """Ask what *rival* asks, or a step less."""
    step = step_at(rival.compared, scene.rule) if by_step else ZERO
    price = down(rival.compared - step)
    kind = StepKind.UNDERCUT if by_step else StepKind.MATCH
    return Wish(
        price=price,
        steps=(*steps, Step(kind=kind, price=price, name=rival.competitor, amount=step or None)),
        changes=(WhatIf(kind=ChangeKind.RIVAL_MOVES, name=rival.competitor, price=rival.price),),
        state=state,
        rivalled=True,
    )


def _match(scene: Scene) -> Wish:
    return _against(scene, _reference(scene), by_step=False)


def _undercut(scene: Scene) -> Wish:
    return _against(scene, _reference(scene), by_step=True)


def _lowest(scene: Scene) -> Wish:
    return _against(scene, scene.counted[0], by_step=True)


def _buy_box(scene: Scene) -> Wish:
    """Stay with the box; without it match its price, then go below it step by step, but not for ever."""
    now = scene.facts.price
    if scene.has_box and now is not None:
        return Wish(
            price=now,
            steps=(Step(kind=StepKind.HOLD_BOX, price=now),),
            changes=(WhatIf(kind=ChangeKind.BOX_LOST),),
            state=scene.state,
        )
    rival = _reference(scene)
    state = State(stepped_at=scene.facts.moment)
    if now is None or now > rival.compared:
        return _against(scene, rival, by_step=False, state=state)
    if (waits := _stepped(scene, scene.market.read_at)) is not None:
        return waits
    step = step_at(rival.compared, scene.rule)
    least = rival.compared * (HUNDRED - scene.rule.most_below_percent) / HUNDRED
    price = down(max(now - step, least))
    return Wish(
        price=price,
        steps=(Step(kind=StepKind.UNDERCUT, price=price, name=rival.competitor, amount=step),),
        changes=(
            WhatIf(kind=ChangeKind.BOX_WON),
            WhatIf(kind=ChangeKind.RIVAL_MOVES, name=rival.competitor, price=rival.price),
        ),
        state=state,
        rivalled=True,
    )


def _win_then_raise(scene: Scene) -> Wish:
    now = scene.facts.price
    if scene.has_box and now is not None:
        if (waits := _stepped(scene, scene.market.read_at)) is not None:
            return waits
        price = now + scene.rule.raise_by
        return Wish(
            price=price,
            steps=(Step(kind=StepKind.CLIMB, price=price, amount=scene.rule.raise_by),),
            changes=(WhatIf(kind=ChangeKind.BOX_LOST),),
            state=State(phase=Phase.RAISE, lost_at=scene.state.lost_at, stepped_at=scene.facts.moment),
        )
    lost = scene.state.phase is Phase.RAISE
    return _against(
        scene,
        _reference(scene),
        by_step=True,
        state=State(phase=Phase.WIN, lost_at=now if lost else scene.state.lost_at),
        steps=(Step(kind=StepKind.LOST, price=now),) if lost else (),
    )


_AGAINST: dict[Strategy, Callable[[Scene], Wish]] = {
    Strategy.MATCH: _match,
    Strategy.UNDERCUT: _undercut,
    Strategy.OSCILLATE: _undercut,
    Strategy.LOWEST: _lowest,
    Strategy.BUY_BOX: _buy_box,
    Strategy.WIN_THEN_RAISE: _win_then_raise,
}


def _alone(scene: Scene, read_at: datetime | None) -> Wish:
    """Nobody else sells it, as was seen at *read_at*: say who did until lately, and ask what was chosen for that."""
    gone = tuple(
        Step(kind=StepKind.SOLD_OUT, name=one.competitor, amount=one.price, at=one.since)
        for one in scene.market.sold_out[:MOST_SOLD_OUT]
    )
    changes = (WhatIf(kind=ChangeKind.RIVAL_COMES),)
    now, item = scene.facts.price, scene.facts.costs.item_price
    alone, state = scene.rule.alone, START
    if alone is Alone.STEP_UP and now is not None:
        if (waits := _stepped(scene, read_at)) is not None:
            return waits
        state = State(stepped_at=scene.facts.moment)
        price = down(now + now * scene.rule.alone_percent / HUNDRED)
        step = Step(kind=StepKind.ALONE_STEP, price=price, percent=scene.rule.alone_percent)
    elif alone is Alone.ITEM_PRICE and item is not None:
        price = down(item.value)
        step = Step(kind=StepKind.ALONE_ITEM, price=price)
    elif alone is Alone.CEILING:
        price = scene.ceiling
        step = Step(kind=StepKind.ALONE_CEILING, price=price)
    else:
        return Wish(price=now, steps=(*gone, Step(kind=StepKind.ALONE_KEEP, price=now)), changes=changes)
    return Wish(price=price, steps=(*gone, step), changes=changes, state=state)


def _follow(scene: Scene) -> Wish:
    """Ask what the cheapest of the chosen stores asks; stores without stock ask nothing."""
    follow, facts = scene.rule.follow, scene.facts
    known = [
        store
        for store in scene.market.stores
        if (not follow.stores or store.store_id in follow.stores)
        and store.currency == facts.currency
        and store.pack > 0
        and fresh(store.read_at, scene)
    ]
    if not known:
        return Wish(price=facts.price, steps=(Step(kind=StepKind.NO_STORE, price=facts.price),))
    stocked = [store for store in known if store.available]
    if not stocked:
        return _alone(scene, max(store.read_at for store in known if store.read_at is not None))

    def asks(store: StorePrice) -> Decimal:
        return store.price if store.pack == facts.pack else store.price * facts.pack / store.pack

    cheapest = min(stocked, key=lambda store: (asks(store), store.store_id))
    price = down(asks(cheapest) * (HUNDRED + follow.percent) / HUNDRED + follow.amount)
    return Wish(
        price=price,
        steps=(
            Step(
                kind=StepKind.FOLLOW,
                price=price,
                name=cheapest.store,
                amount=follow.amount or None,
                percent=follow.percent or None,
                at=cheapest.read_at,
            ),
        ),
        changes=(WhatIf(kind=ChangeKind.RIVAL_MOVES, name=cheapest.store, price=cheapest.price),),
        rivalled=True,
    )


def fresh(read_at: datetime | None, scene: Scene) -> bool:
    """Return whether a reading is young enough for the rule."""
    if read_at is None:
        return False
    return (scene.facts.moment - read_at).total_seconds() <= scene.rule.oldest_minutes * 60


def _sell_out(scene: Scene) -> Wish:
    """Fall from ceiling to floor with the age of the stock, faster while there is plenty of it."""
    age, plan, stock = scene.facts.stock_age_days, scene.rule.sell_out, scene.facts.stock
    if age is None:
        return Wish(price=scene.facts.price, steps=(Step(kind=StepKind.NO_AGE, price=scene.facts.price),))
    span = max(1, plan.until_days - plan.after_days)
    way = Decimal(min(max(age - plan.after_days, 0), span)) / span
    if plan.plenty and stock > plan.plenty and way:
        way = min(Decimal(1), way + plan.plenty_percent / HUNDRED)
    price = up(scene.ceiling - (scene.ceiling - scene.floor) * way)
    return Wish(
        price=price,
        steps=(Step(kind=StepKind.SELL_OUT, price=price, count=age, percent=down(way * HUNDRED)),),
        changes=(WhatIf(kind=ChangeKind.OLDER_STOCK),) if way < 1 else (),
    )


def beaten(scene: Scene, wanted: Wish, bounds: Bounds) -> Wish:
    """Return what to do when the price that would win is below the floor."""
    rule, now = scene.rule, scene.facts.price
    choice = Unbeatable.CEILING if rule.strategy is Strategy.OSCILLATE else rule.unbeatable
    room = WhatIf(kind=ChangeKind.FLOOR_LOWER, price=wanted.price)
    changes = (*wanted.changes, room)
    if choice is Unbeatable.CEILING:
        step = Step(kind=StepKind.UNBEATABLE_CEILING, price=scene.ceiling)
    elif choice is Unbeatable.KEEP and now is not None:
        step = Step(kind=StepKind.UNBEATABLE_KEEP, price=now)
    elif choice is Unbeatable.NEXT:
        by_step = rule.strategy is not Strategy.MATCH
        for rival in scene.counted:
            price = down(rival.compared - (step_at(rival.compared, rule) if by_step else ZERO))
            if bounds.fits(price):
                follows = _against(scene, rival, by_step=by_step)
                step = Step(kind=StepKind.UNBEATABLE_NEXT, price=price, name=rival.competitor)
                return Wish(
                    price=price,
                    steps=(*wanted.steps, step),
                    changes=(*follows.changes, room),
                    state=wanted.state,
                )
        return Wish(price=wanted.price, steps=wanted.steps, changes=changes, state=wanted.state)
    else:
        return Wish(price=wanted.price, steps=wanted.steps, changes=changes, state=wanted.state)
    return Wish(price=step.price, steps=(*wanted.steps, step), changes=changes, state=wanted.state)
