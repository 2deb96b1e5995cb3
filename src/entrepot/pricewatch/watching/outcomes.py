"""What a fetch does to a listing: a pure decision over what was known and what was seen."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.pricewatch.watching.domain import (
    FAILURES,
    GONE,
    Judgement,
    Known,
    Pin,
    Verdict,
    Window,
    daily_due,
    judge,
    next_check,
)
from entrepot.pricewatch.watching.looking import Look
from entrepot.pricewatch.watching.refs import StoreRef

UNDECIDED = Sentence(
    N_("The page was fetched, but no price was found on it. Say in the store's selectors where it stands.")
)
NO_CURRENCY = Sentence(
    N_("A price was found, but not in which currency it is. Enter the store's currency."),
)
DOUBTFUL = N_(
    "The page says {price} after {before}, read from {where}. It is stored when a second fetch finds the same; if it is"
    " wrong, correct the selectors."
)
OTHER_CURRENCY = N_(
    "The page says {price} {currency}, and was in {before} until now. Enter the store's locale and currency, or accept"
    " the new currency."
)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A listing whose time has come, with all that its check needs."""

    id: UUID
    seller_id: UUID
    watched_product_id: UUID
    product_id: UUID | None
    product_title: str
    named: bool
    store: StoreRef
    url: str
    title: str = ""
    sku: str = ""
    gtin: str = ""
    image_url: str = ""
    pack: int = 1
    pins: tuple[Pin, ...] = ()
    window: Window | None = None
    check_minutes: int | None = None
    etag: str = ""
    last_modified: str = ""
    failures: int = 0
    gone_count: int = 0
    attention: str = ""
    attention_at: datetime | None = None
    doubt: dict[str, Any] | None = None
    price: Decimal | None = None
    currency: str = ""
    availability: str = "unknown"
    shipping: Decimal | None = None
    unit_price: Decimal | None = None
    price_where: str = ""
    before_price: Decimal | None = None
    changed_at: datetime | None = None
    observed_at: datetime | None = None
    checked_at: datetime | None = None
    discontinued_at: datetime | None = None
    version: int = 1

    @property
    def known(self) -> Known:
        return Known(
            price=self.price,
            currency=self.currency,
            availability=self.availability,
            shipping=self.shipping,
            unit_price=self.unit_price,
            price_where=self.price_where,
            pack=self.pack,
            observed_at=self.observed_at,
            doubt=self.doubt,
            largest_jump=self.store.largest_jump,
        )


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch does to a listing."""

    due: Due
    values: dict[str, Any]
    """Columns of the listing."""
    observation: dict[str, Any] | None = None
    """To be written; without its id and its snapshot."""
    changed: bool = False
    """The observation says something else than the one before."""
    good: bool = False
    """The answer was believed."""
    problem: Sentence | None = None
    told: Literal["", "failed", "recovered"] = ""


def outcome(due: Due, seen: Look, spread: float) -> Outcome:
    """Decide what *seen* does to *due*."""
    if seen.waits:
        return Outcome(due=due, values=_same(due, next_check_at=_next(due, seen, spread, failures=0)), good=True)
    if seen.unchanged:
        return _unchanged(due, seen, spread)
    if seen.extraction is None:
        return _failed(due, seen, spread)
    found = judge(seen.extraction, due.known)
    return _believed(due, seen, spread, found) if found.believed else _disbelieved(due, seen, spread, found)


def _next(due: Due, seen: Look, spread: float, *, failures: int, doubtful: bool = False) -> datetime:
    return next_check(
        seen.at,
        due.check_minutes or due.store.check_minutes,
        spread=spread,
        failures=failures,
        doubtful=doubtful,
        retry_after=seen.retry_after,
        window=due.window,
    )


COLUMNS = (
    "title",
    "sku",
    "gtin",
    "image_url",
    "etag",
    "last_modified",
    "failures",
    "gone_count",
    "attention",
    "attention_at",
    "doubt",
    "price",
    "currency",
    "availability",
    "shipping",
    "unit_price",
    "price_where",
    "before_price",
    "changed_at",
    "observed_at",
    "checked_at",
    "discontinued_at",
)
"""What a check may change of a listing, beside the time of the next one."""


def _same(due: Due, **changes: object) -> dict[str, Any]:
    return {name: getattr(due, name) for name in COLUMNS} | changes


def _unchanged(due: Due, seen: Look, spread: float) -> Outcome:
    values = _same(
        due,
        next_check_at=_next(due, seen, spread, failures=0),
        checked_at=seen.at,
        failures=0,
        gone_count=0,
        **_calm(due),
    )
    observation = None
    if daily_due(due.observed_at, seen.at):
        price = due.price if due.availability not in {"out_of_stock", "discontinued"} else None
        observation = _observation(due, seen, price, due.shipping, due.unit_price, due.currency, due.availability)
        values["observed_at"] = seen.at
    return Outcome(
        due=due,
        values=values,
        observation=observation and {**observation, "reason": "daily"},
        good=True,
        told="recovered" if due.attention else "",
    )


def _believed(due: Due, seen: Look, spread: float, found: Judgement) -> Outcome:
    assert seen.extraction is not None  # noqa: S101 -- there is nothing to believe without
    assert seen.fetched is not None  # noqa: S101
    page = seen.extraction
    changed = found.verdict in {Verdict.CHANGED, Verdict.FIRST}
    new_price = found.price is not None and found.price != due.price
    values = _same(
        due,
        next_check_at=_next(due, seen, spread, failures=0),
        title=page.title or due.title,
        sku=page.sku or due.sku,
        gtin=page.gtin or due.gtin,
        image_url=page.image or due.image_url,
        etag=seen.fetched.etag,
        last_modified=seen.fetched.last_modified,
        failures=0,
        gone_count=0,
        doubt=None,
        availability=found.availability,
        checked_at=seen.at,
        **_calm(due),
    )
    if found.price is not None:
        values |= {
            "price": found.price,
            "currency": found.currency,
            "shipping": found.shipping,
            "unit_price": found.unit_price,
            "price_where": found.where,
        }
        if new_price:
            values |= {"before_price": due.price, "changed_at": seen.at}
    observation = None
    if changed or daily_due(due.observed_at, seen.at):
        observation = _observation(
            due, seen, found.price, found.shipping, found.unit_price, found.currency, found.availability
        )
        observation["reason"] = "changed" if changed else "daily"
        values["observed_at"] = seen.at
    return Outcome(
        due=due,
        values=values,
        observation=observation,
        changed=changed,
        good=True,
        told="recovered" if due.attention else "",
    )


def _disbelieved(due: Due, seen: Look, spread: float, found: Judgement) -> Outcome:
    failures = due.failures + 1
    doubtful = found.verdict is Verdict.DOUBTFUL
    problem = UNDECIDED
    if doubtful:
        problem = Sentence(
            DOUBTFUL,
            {"price": f"{found.price} {found.currency}", "before": f"{due.price} {due.currency}", "where": found.where},
        )
    elif found.verdict is Verdict.CURRENCY:
        facts: dict[str, str | int] = {"price": str(found.price), "currency": found.currency, "before": due.currency}
        problem = Sentence(OTHER_CURRENCY, facts)
    elif found.price is not None:
        problem = NO_CURRENCY
    kind = str(found.verdict) if failures >= FAILURES or found.verdict is Verdict.CURRENCY else ""
    values = _same(
        due,
        next_check_at=_next(due, seen, spread, failures=failures, doubtful=doubtful and failures < FAILURES),
        failures=failures,
        gone_count=0,
        etag="",
        last_modified="",
        doubt={
            "verdict": str(found.verdict),
            "price": None if found.price is None else str(found.price),
            "currency": found.currency,
            "availability": found.availability,
            "where": found.where,
            "at": seen.at.isoformat(),
        },
        **_worried(due, seen, kind),
    )
    return Outcome(due=due, values=values, problem=problem, told="failed" if kind and not due.attention else "")


def _failed(due: Due, seen: Look, spread: float) -> Outcome:
    failures = due.failures + 1
    gone_count = due.gone_count + 1 if seen.gone else 0
    ended = gone_count >= GONE
    kind = "gone" if ended else "failing" if failures >= FAILURES else ""
    values = _same(
        due,
        next_check_at=_next(due, seen, spread, failures=failures),
        failures=failures,
        gone_count=gone_count,
        **_worried(due, seen, kind),
    )
    observation = None
    if ended:
        values |= {"discontinued_at": seen.at, "availability": "discontinued", "observed_at": seen.at}
        values |= {"etag": "", "last_modified": ""}  # should it come back, "as it was" would not say so
        observation = {**_observation(due, seen, None, None, None, due.currency, "discontinued"), "reason": "changed"}
    return Outcome(
        due=due,
        values=values,
        observation=observation,
        changed=ended and due.availability != "discontinued",
        problem=seen.problem,
        told="failed" if kind and not due.attention else "",
    )


def _calm(due: Due) -> dict[str, Any]:
    return {"attention": "", "attention_at": None} if due.attention else {}


def _worried(due: Due, seen: Look, kind: str) -> dict[str, Any]:
    if not kind or kind == due.attention:
        return {}
    return {"attention": kind, "attention_at": due.attention_at or seen.at}


def _observation(
    due: Due,
    seen: Look,
    price: Decimal | None,
    shipping: Decimal | None,
    unit: Decimal | None,
    currency: str,
    availability: str,
) -> dict[str, Any]:
    return {
        "seller_id": due.seller_id,
        "listing_id": due.id,
        "observed_at": seen.at,
        "price": price,
        "currency": currency,
        "availability": availability,
        "shipping": shipping if price is not None else None,
        "unit_price": unit if price is not None else None,
    }
