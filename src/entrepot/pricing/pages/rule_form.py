"""The form of a rule: fields from a rule, and a rule from fields."""

from decimal import Decimal
from typing import Any

import msgspec

from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.competing.contract import KnownCompetitor
from entrepot.pricing.domain.rules import (
    Adjustment,
    Alone,
    Follow,
    Limits,
    Rivals,
    Rule,
    SellOut,
    StepBand,
    Strategy,
    Unbeatable,
)
from entrepot.pricing.pages.reading import NUMBER, Form, completed, decimal_of, plain
from entrepot.pricing.wording import ALONE, STRATEGIES, UNBEATABLE

ZERO = Decimal(0)
MOST_ADJUSTED = Decimal(10_000)
ADJUSTMENTS = N_(
    "What is added to their prices before they are compared, one per line: “-3%” for everybody, “1234567: 0.50” for one"
    " competitor. A line of its own counts in place of everybody's."
)
BANDS = N_("One per line: from which price, how much. Such as “0: 0.10” or “20: 0.5%”.")


def rule_of(form: Form, before: Rule) -> Rule:
    """Return what the fields say; what the form does not show stays as it was."""
    strategy = form.text("strategy")
    rivals = Rivals(
        only=frozenset(form.names("only")),
        never=frozenset(form.names("never")),
        fulfilments=frozenset(form.names("fulfilments")),
        conditions=frozenset(form.names("conditions")),
        least_rating=form.number("least_rating"),
        slowest_days=form.whole("slowest_days"),
        far_below_percent=form.number("far_below_percent"),
        shipping=form.flag("with_shipping"),
        adjustments=_adjustments(form),
    )
    follow = Follow(
        stores=frozenset(form.names("stores")),
        percent=form.number("follow_percent") or ZERO,
        amount=form.number("follow_amount") or ZERO,
    )
    sell_out = SellOut(
        after_days=_or(form.whole("after_days"), 30),
        until_days=_or(form.whole("until_days"), 90),
        plenty=form.whole("plenty") or 0,
        plenty_percent=form.number("plenty_percent") or ZERO,
    )
    alone, unbeatable = form.text("alone"), form.text("unbeatable")
    return Rule(
        rule_id=before.rule_id,
        version=before.version,
        name=form.text("name"),
        strategy=Strategy(strategy) if strategy in set(Strategy) else before.strategy,
        limits=Limits(
            floor=form.text("floor") or before.limits.floor, ceiling=form.text("ceiling") or before.limits.ceiling
        ),
        rivals=rivals,
        steps=_bands(form),
        raise_by=_or(form.number("raise_by"), before.raise_by),
        alone=Alone(alone) if alone in set(Alone) else before.alone,
        alone_percent=_or(form.number("alone_percent"), before.alone_percent),
        unbeatable=Unbeatable(unbeatable) if unbeatable in set(Unbeatable) else before.unbeatable,
        sell_out=sell_out,
        follow=follow,
        paused=before.paused,
        windows=before.windows,
        timezone=before.timezone,
        resting_price=form.text("resting_price"),
        oldest_minutes=_or(form.whole("oldest_minutes"), before.oldest_minutes),
        least_change=_or(form.number("least_change"), before.least_change),
        least_change_percent=form.number("least_change_percent") or ZERO,
        endings=_endings(form),
        star=form.whole("star"),
        keep_reduction=form.flag("keep_reduction"),
    )


def _or[T](found: T | None, usual: T) -> T:
    return usual if found is None else found


def _bands(form: Form) -> tuple[StepBand, ...]:
    found: list[StepBand] = []
    for line in form.text("steps").splitlines():
        begins, colon, size = line.partition(":")
        if not colon:
            begins, size = "0", line
        try:
            amount = decimal_of(size.strip().removesuffix("%")) or ZERO
            band = (
                StepBand(from_price=decimal_of(begins) or ZERO, percent=amount)
                if size.strip().endswith("%")
                else StepBand(from_price=decimal_of(begins) or ZERO, amount=amount)
            )
        except ArithmeticError:
            form.problems["steps"] = gettext(BANDS)
            continue
        found.append(band)
    return tuple(sorted(found, key=lambda band: band.from_price))


def _adjustments(form: Form) -> tuple[Adjustment, ...]:
    """Read lines such as “-3%” for everybody and “1234567: 0.50” for one."""
    found: dict[str, Adjustment] = {}
    for line in form.text("adjustments").splitlines():
        number, colon, said = line.rpartition(":")
        competitor, said = (number.strip() if colon else ""), said.strip()
        try:
            amount = decimal_of(said.removesuffix("%").strip())
        except ArithmeticError:
            amount = None
        if amount is None or abs(amount) > MOST_ADJUSTED or (colon and not competitor):
            if line.strip():
                form.problems["adjustments"] = gettext(ADJUSTMENTS)
            continue
        known = found.get(competitor, Adjustment(competitor=competitor))
        changed = {"percent" if said.endswith("%") else "amount": amount}
        found[competitor] = msgspec.structs.replace(known, **changed)
    return tuple(found.values())


def adjustment_lines(rule: Rule) -> str:
    """Return adjustments as the form shows them."""
    lines: list[str] = []
    for one in rule.rivals.adjustments:
        who = f"{one.competitor}: " if one.competitor else ""
        lines += [f"{who}{plain(one.percent)}%"] if one.percent else []
        lines += [f"{who}{plain(one.amount)}"] if one.amount or not one.percent else []
    return "\n".join(lines)


def _endings(form: Form) -> tuple[Decimal, ...]:
    found: list[Decimal] = []
    for part in form.text("endings").replace(";", " ").split():
        try:
            ending = decimal_of(part)
        except ArithmeticError:
            form.problems["endings"] = gettext(NUMBER)
            continue
        if ending is not None:
            found.append(ending)
    return tuple(found)


def band_lines(rule: Rule) -> str:
    """Return steps as the form shows them."""
    return "\n".join(
        f"{plain(band.from_price)}: {plain(band.percent)}%"
        if band.percent
        else f"{plain(band.from_price)}: {plain(band.amount)}"
        for band in rule.steps
    )


def rule_fields(
    rule: Rule, name: str, note: str, problems: dict[str, str], stores: list[Any], rivals: list[KnownCompetitor]
) -> dict[str, list[dict[str, Any]]]:
    """Return the fields of the form, by part of the page."""

    def one(key: str, label: str, value: object, hint: str = "", **more: object) -> dict[str, Any]:
        return {"name": key, "label": gettext(label), "value": value, "help": gettext(hint) if hint else "", **more}

    def choice(
        key: str, label: str, value: object, options: dict[Any, str], hint: str = "", **more: object
    ) -> dict[str, Any]:
        listed = [{"value": str(option), "label": gettext(text)} for option, text in options.items()]
        return one(key, label, str(value), hint, type="select", options=listed, **more)

    half: dict[str, Any] = {"half": True, "inputmode": "decimal"}
    parts = {
        "strategy": [
            one("name", N_("Name"), name, required=True, maxlength=100),
            {
                **one("strategy", N_("Strategy"), str(rule.strategy), type="radio"),
                "options": [
                    {"value": str(key), "label": gettext(label), "help": gettext(text)}
                    for key, (label, text) in STRATEGIES.items()
                ],
            },
            one("steps", N_("Steps"), band_lines(rule), BANDS, type="textarea", rows=3),
            one("raise_by", N_("Climb by (win, then raise)"), plain(rule.raise_by), **half),
            one(
                "oldest_minutes", N_("Do not act on readings older than … minutes"), plain(rule.oldest_minutes), **half
            ),
            choice("alone", N_("While nobody else offers it"), rule.alone, ALONE, half=True),
            choice(
                "unbeatable",
                N_("While winning would take a price below the floor"),
                rule.unbeatable,
                UNBEATABLE,
                half=True,
            ),
        ],
        "limits": [
            one(
                "floor",
                N_("Price floor"),
                rule.limits.floor,
                N_(
                    "The price is never lower. PRICE(costs, money, percent) is the price that leaves so much of a sale after"
                    " VAT and commission; FIRST, MIN and MAX choose. Names: purchase_price, landed_cost, supplier_price,"
                    " shipping, packaging, item_price, map, least_margin, least_margin_percent."
                ),
                required=True,
            ),
            one(
                "ceiling",
                N_("Ceiling"),
                rule.limits.ceiling,
                N_("The price is never higher; “floor” may be used, too."),
                required=True,
            ),
            one("least_change", N_("Smallest change"), plain(rule.least_change), **half),
            one("least_change_percent", N_("Smallest change (%)"), plain(rule.least_change_percent), **half),
            one(
                "endings",
                N_("Attractive endings"),
                " ".join(plain(one) for one in rule.endings),
                N_("Such as 0.99 0.95. Empty: to the cent."),
                half=True,
            ),
            one(
                "star",
                N_("Price star to keep"),
                plain(rule.star),
                N_("From 1 to 5: the price stays where the channel shows so many stars, if the floor allows it."),
                half=True,
                inputmode="numeric",
            ),
            one(
                "resting_price",
                N_("Price while paused or outside its times"),
                rule.resting_price,
                N_("A formula or an amount; empty: the price stays."),
            ),
            one(
                "keep_reduction",
                N_("Rather stay where the channel keeps less than ask a bit more and earn less"),
                rule.keep_reduction,
                type="checkbox",
            ),
        ],
        "rivals": [
            one(
                "only",
                N_("Only against these competitors"),
                ", ".join(sorted(rule.rivals.only)),
                _rival_help(rivals),
            ),
            one(
                "never",
                N_("Never against these"),
                ", ".join(sorted(rule.rivals.never)),
                N_("Our own accounts never count."),
            ),
            one(
                "fulfilments",
                N_("Only shipped by"),
                sorted(rule.rivals.fulfilments),
                N_("None ticked: both."),
                type="checks",
                options=[
                    {"value": "seller", "label": gettext(N_("by the seller"))},
                    {"value": "channel", "label": gettext(N_("by the channel"))},
                ],
                half=True,
            ),
            one("conditions", N_("Only in these conditions"), ", ".join(sorted(rule.rivals.conditions)), half=True),
            one(
                "least_rating",
                N_("Lowest rating that counts"),
                plain(rule.rivals.least_rating),
                N_("From 0 to 10. Who has no known rating counts."),
                **half,
            ),
            one(
                "slowest_days",
                N_("Most days until delivery"),
                plain(rule.rivals.slowest_days),
                half=True,
                inputmode="numeric",
            ),
            one(
                "far_below_percent",
                N_("Ignore who is further below the middle than … %"),
                plain(rule.rivals.far_below_percent),
                **half,
            ),
            one("adjustments", N_("Adjust their prices"), adjustment_lines(rule), ADJUSTMENTS, type="textarea", rows=2),
            one(
                "with_shipping",
                N_("Compare what the buyer pays in the end, with shipping"),
                rule.rivals.shipping,
                type="checkbox",
            ),
        ],
        "special": [
            one(
                "stores",
                N_("Web shops to follow"),
                sorted(rule.follow.stores),
                N_("None ticked: the cheapest of all."),
                type="checks",
                options=_store_options(stores, rule),
            ),
            one("follow_percent", N_("More (or less) than the web shop, in %"), plain(rule.follow.percent), **half),
            one("follow_amount", N_("More (or less) than the web shop"), plain(rule.follow.amount), **half),
            one("after_days", N_("Sell out: at the ceiling until day"), plain(rule.sell_out.after_days), **half),
            one("until_days", N_("Sell out: at the floor from day"), plain(rule.sell_out.until_days), **half),
            one("plenty", N_("Sell out: with more units than"), plain(rule.sell_out.plenty), **half),
            one("plenty_percent", N_("… go so much further down (%)"), plain(rule.sell_out.plenty_percent), **half),
            one("alone_percent", N_("Climb while alone (%)"), plain(rule.alone_percent), **half),
        ],
        "note": [one("note", N_("Why you change it"), note, N_("Shown in the history of the rule."), maxlength=500)],
    }
    return {part: completed(fields, problems) for part, fields in parts.items()}


def _rival_help(rivals: list[KnownCompetitor]) -> str:
    named = ", ".join(f"{one.name} = {one.number}" for one in rivals[:12])
    help_text = gettext(N_("The channel's numbers of them. Empty: all."))
    return f"{help_text} {named}" if named else help_text


def _store_options(stores: list[Any], rule: Rule) -> list[dict[str, str]]:
    """Return the watched web shops by name, and those that the rule follows although they are not among them."""
    named = {str(store.id): store.name for store in stores}
    gone = sorted(rule.follow.stores - named.keys())
    return [{"value": number, "label": name} for number, name in (*named.items(), *((one, one) for one in gone))]
