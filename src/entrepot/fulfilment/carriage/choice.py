"""Which carrier carries a parcel: the first rule that fits, and the sentence that says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from entrepot.kit.text import N_

FITS = N_("Rule {place}: {conditions} → {result}")
ALWAYS = N_("every parcel")
COUNTRY = N_("to {countries}")
WEIGHT_UP_TO = N_("up to {most} kg")
WEIGHT_FROM = N_("from {least} kg")
WEIGHT_BETWEEN = N_("{least} to {most} kg")
VALUE_UP_TO = N_("worth up to {most}")
VALUE_FROM = N_("worth from {least}")
VALUE_BETWEEN = N_("worth {least} to {most}")
CHANNEL = N_("from {channel}")
DAYS_UP_TO = N_("promised within {most} days")
DAYS_FROM = N_("promised in {least} days or later")
DAYS_BETWEEN = N_("promised in {least} to {most} days")

NOT_COUNTRY = N_("goes to {country}, not to {countries}")
NOT_WEIGHT = N_("weighs {weight} kg")
NOT_VALUE = N_("is worth {value}")
NOT_CHANNEL = N_("comes from another channel account")
NOT_DAYS = N_("is promised in {days} days")
NOT_PROMISED = N_("has no promised day")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; a condition that is empty is always true."""

    id: UUID
    seller_id: UUID
    position: int
    active: bool = True
    countries: tuple[str, ...] = ()
    least_g: int | None = None
    most_g: int | None = None
    least_value: Decimal | None = None
    """Of the whole order, in its currency."""
    most_value: Decimal | None = None
    channel_account_id: UUID | None = None
    least_days: int | None = None
    """Days left until it must be handed over; 0: today."""
    most_days: int | None = None
    carrier_account_id: UUID
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about a parcel when its carrier is chosen."""

    country: str
    weight_g: int
    value: Decimal
    channel_account_id: UUID | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Part of a sentence, as template and facts: translated when it is shown."""

    message: str
    facts: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says about a parcel."""

    rule: Rule
    misses: tuple[Reason, ...]
    """Why it does not fit; nothing: it fits."""

    @property
    def fits(self) -> bool:
        return not self.misses


def days_left(promised: datetime | None, today: datetime) -> int | None:
    """Return the whole days until the promised moment; 0 is today, and whatever is late."""
    if promised is None:
        return None
    return max(0, (promised.date() - today.date()) // timedelta(days=1))


def judge(rule: Rule, situation: Situation) -> Verdict:
    """Say whether a rule fits, and everything that speaks against it."""
    misses: list[Reason] = []
    if rule.countries and situation.country not in rule.countries:
        misses.append(Reason(NOT_COUNTRY, {"country": situation.country, "countries": ", ".join(rule.countries)}))
    if not _within(situation.weight_g, rule.least_g, rule.most_g):
        misses.append(Reason(NOT_WEIGHT, {"weight": _kilograms(situation.weight_g)}))
    if not _within(situation.value, rule.least_value, rule.most_value):
        misses.append(Reason(NOT_VALUE, {"value": f"{situation.value:.2f}"}))
    if rule.channel_account_id is not None and rule.channel_account_id != situation.channel_account_id:
        misses.append(Reason(NOT_CHANNEL, {}))
    if rule.least_days is not None or rule.most_days is not None:
        if situation.days_left is None:
            misses.append(Reason(NOT_PROMISED, {}))
        elif not _within(situation.days_left, rule.least_days, rule.most_days):
            misses.append(Reason(NOT_DAYS, {"days": situation.days_left}))
    return Verdict(rule, tuple(misses))


def judge_all(rules: Iterable[Rule], situation: Situation) -> list[Verdict]:
    """Say of every active rule, in their order, whether it fits."""
    return [judge(rule, situation) for rule in sorted(rules, key=lambda rule: rule.position) if rule.active]


def choose(rules: Iterable[Rule], situation: Situation) -> Verdict | None:
    """Return the first rule that fits."""
    return next((verdict for verdict in judge_all(rules, situation) if verdict.fits), None)


def conditions(rule: Rule, channel: str = "") -> tuple[Reason, ...]:
    """Return what a rule asks for, in words; *channel* is the name of its channel account."""
    found: list[Reason] = []
    if rule.countries:
        found.append(Reason(COUNTRY, {"countries": ", ".join(rule.countries)}))
    found += _range(
        None if rule.least_g is None else _kilograms(rule.least_g),
        None if rule.most_g is None else _kilograms(rule.most_g),
        (WEIGHT_FROM, WEIGHT_UP_TO, WEIGHT_BETWEEN),
    )
    found += _range(
        None if rule.least_value is None else f"{rule.least_value:.2f}",
        None if rule.most_value is None else f"{rule.most_value:.2f}",
        (VALUE_FROM, VALUE_UP_TO, VALUE_BETWEEN),
    )
    if rule.channel_account_id is not None:
        found.append(Reason(CHANNEL, {"channel": channel or "?"}))
    found += _range(rule.least_days, rule.most_days, (DAYS_FROM, DAYS_UP_TO, DAYS_BETWEEN))
    return tuple(found) or (Reason(ALWAYS, {}),)


def moved(rules: Sequence[Rule], rule_id: UUID, to: int) -> list[UUID]:
    """Return the order of the rules after one was put at another place, counted from 1."""
    order = [rule.id for rule in sorted(rules, key=lambda rule: rule.position)]
    order.remove(rule_id)
    order.insert(max(0, min(to - 1, len(order))), rule_id)
    return order


def _within[N: (int, Decimal)](value: N, least: N | None, most: N | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _kilograms(grams: int) -> str:
    return f"{Decimal(grams) / 1000:f}".rstrip("0").rstrip(".") if grams % 1000 else str(grams // 1000)


def _range(least: str | int | None, most: str | int | None, templates: tuple[str, str, str]) -> list[Reason]:
    from_, up_to, between = templates
    if least is not None and most is not None:
        return [Reason(between, {"least": least, "most": most})]
    if least is not None:
        return [Reason(from_, {"least": least})]
    return [Reason(up_to, {"most": most})] if most is not None else []
