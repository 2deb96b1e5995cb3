"""Pages of backtests: what was tried, what came of it, and one offer's path."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing.backtests import charts
from entrepot.pricing.backtests.errors import BacktestNotFoundError
from entrepot.pricing.backtests.refs import DONE, FAILED, RUNNING, WAITING, BacktestRef, Curve, Side
from entrepot.pricing.backtests.repository import BacktestRepository
from entrepot.pricing.backtests.service import BacktestService
from entrepot.pricing.domain.box import BoxModel
from entrepot.pricing.domain.history import Assumptions, Demand
from entrepot.pricing.groups import GroupService
from entrepot.pricing.pages.reading import ROWS, Form, completed, moment_cursor, moment_place, plain, tabs
from entrepot.pricing.rules import RuleService
from entrepot.pricing.why import PROBLEMS

STATES = {
    WAITING: (N_("Waits"), "neutral"),
    RUNNING: (N_("Running"), "info"),
    DONE: (N_("Done"), "success"),
    FAILED: (N_("Failed"), "danger"),
}
ACTUAL = N_("What really happened")
DAYS = ("7", "14", "28", "56", "91")
SAID: dict[str, str] = {
    **{problem.value: text for problem, text in PROBLEMS.items()},
    "no_rule": N_("No rule of this set is for it."),
}


class BacktestPages(Controller):
    """Trying rules on what was recorded."""

    path = "/pricing/backtests"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get()
    async def index(self, session: AsyncSession, cursor: str = "") -> Template:
        """List backtests, the newest first."""
        rows = await BacktestRepository(session).backtests(before=moment_place(cursor), limit=ROWS + 1)
        last = rows[ROWS - 1] if len(rows) > ROWS else None
        context = {
            "tabs": tabs("backtests"),
            "rows": rows[:ROWS],
            "states": STATES,
            "first": "/pricing/backtests" if cursor else None,
            "next": f"/pricing/backtests?cursor={moment_cursor(last.created_at, last.id)}" if last else None,
        }
        return Template("pricing/backtests.html", context=context)

    @get("/new", opt=needs(Right.PRICING_MANAGE))
    async def new(self, session: AsyncSession, group: str = "", rule: str = "") -> Template:
        """Ask what is to be tried."""
        first = f"rule:{rule}" if rule else f"group:{group}" if group else ""
        return await _form(session, {"first": first}, {})

    @post(opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def begin(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template | Redirect:
        """Have it tried."""
        form = await Form.of(request)
        assume = _assumptions(form)
        days, most = form.whole("days"), form.whole("most_offers")
        sides = await _sides(session, form)
        if not form.problems:
            try:
                made = await BacktestService(session).begin(
                    sides,
                    name=form.text("name"),
                    days=28 if days is None else days,
                    most_offers=500 if most is None else most,
                    assume=assume,
                )
            except InvalidInputError as error:
                form.problems |= error.problems
            else:
                return Redirect(f"/pricing/backtests/{made.id}", status_code=303)
        return await _form(session, form.values, form.problems)

    @get("/{backtest_id:uuid}")
    async def show(self, session: AsyncSession, backtest_id: FromPath[UUID], q: str = "", cursor: str = "") -> Template:
        """Show what came of it: totals side by side, charts by day, and every offer."""
        service = BacktestService(session)
        found = await service.backtest(backtest_id)
        asked = q.replace("\0", "")[:200]
        rows = await service.offers(backtest_id, query=asked, after=cursor.replace("\0", ""), limit=ROWS + 1)
        last = rows[ROWS - 1] if len(rows) > ROWS else None
        lines = _lines(found)
        currencies = found.result.currencies if found.result else ()
        currency = currencies[0] if len(currencies) == 1 else ""
        context = {
            "tabs": tabs("backtests"),
            "test": found,
            "states": STATES,
            "lines": lines,
            "labels": _labels(found),
            "currency": currency,
            "margins": charts.daily(lines, "margin"),
            "boxes": charts.daily(lines, "box_percent"),
            "averages": charts.daily(lines, "average", currency),
            "rows": rows[:ROWS],
            "query": {"q": asked} if asked else {},
            "first": f"/pricing/backtests/{backtest_id}" if cursor else None,
            "next": f"/pricing/backtests/{backtest_id}?cursor={last.sku}|{last.offer_id}" if last else None,
            "said": SAID,
        }
        return Template("pricing/backtest.html", context=context)

    @get("/{backtest_id:uuid}/offers/{offer_id:uuid}")
    async def offer(self, session: AsyncSession, backtest_id: FromPath[UUID], offer_id: FromPath[UUID]) -> Template:
        """Show one offer's prices over time."""
        service = BacktestService(session)
        found = await service.backtest(backtest_id)
        offer = await service.offer(backtest_id, offer_id)
        if offer is None:
            raise BacktestNotFoundError(backtest=str(offer_id))
        result, until = offer.result, int(found.parameters.ends.timestamp())
        labels = _labels(found)
        prices = [(label, curve, curve.price) for label, curve in zip(labels[1:], result.curves, strict=False)]
        if result.actual_curve is not None:
            prices.insert(0, (labels[0], result.actual_curve, result.actual_curve.price))
        rival = result.curves[0] if result.curves else Curve()
        around = [
            (labels[1], rival, rival.price),
            (gettext(N_("Lowest competitor")), rival, rival.rival),
            (gettext(N_("Price floor")), rival, rival.floor),
        ]
        totals = list(zip(labels[1:], result.sides, strict=False))
        if result.actual is not None:
            totals.insert(0, (labels[0], result.actual))
        context = {
            "tabs": tabs("backtests"),
            "test": found,
            "offer": offer,
            "totals": totals,
            "prices": charts.steps(prices, until, offer.currency),
            "around": charts.steps(around, until, offer.currency, shaded=rival),
            "changes": _changes(rival),
            "said": SAID,
        }
        return Template("pricing/backtest_offer.html", context=context)

    @post("/{backtest_id:uuid}/again", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def again(self, session: AsyncSession, backtest_id: FromPath[UUID]) -> Redirect:
        """Try the same once more, up to now."""
        made = await BacktestService(session).again(backtest_id)
        return Redirect(f"/pricing/backtests/{made.id}", status_code=303)

    @post("/{backtest_id:uuid}/remove", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def remove(self, session: AsyncSession, backtest_id: FromPath[UUID]) -> Redirect:
        """Remove it."""
        await BacktestService(session).remove(backtest_id)
        return Redirect("/pricing/backtests", status_code=303)


def _labels(found: BacktestRef) -> list[str]:
    """Return what the lines are called: what really happened first."""
    return [gettext(ACTUAL), *(side.name for side in found.parameters.sides)]


def _lines(found: BacktestRef) -> list[tuple[str, Any]]:
    if found.result is None:
        return []
    lines = list(zip(_labels(found)[1:], found.result.sides, strict=False))
    if found.result.recorded:
        lines.insert(0, (gettext(ACTUAL), found.result.actual))
    return lines


def _changes(curve: Curve) -> list[tuple[datetime, Decimal | None, Decimal | None, bool]]:
    """Return the first hundred changes of a path, for readers without the picture."""
    rows = zip(curve.at, curve.price, curve.rival, curve.box, strict=True)
    return [(datetime.fromtimestamp(at, UTC), price, rival, box) for at, price, rival, box in list(rows)[:100]]


def _assumptions(form: Form) -> Assumptions:
    usual = Assumptions()

    def number(name: str, otherwise: Decimal) -> Decimal:
        found = form.number(name)
        return otherwise if found is None else found

    demand, box = usual.demand, usual.box
    every = form.whole("every_minutes")
    return Assumptions(
        demand=Demand(
            units_per_day=number("units_per_day", demand.units_per_day),
            elasticity=number("elasticity", demand.elasticity),
            box_percent=number("box_percent", demand.box_percent),
            scale=form.flag("scale") if "days" in form.values and "scale_shown" in form.values else True,
        ),
        box=BoxModel(
            channel_percent=number("channel_percent", box.channel_percent),
            day_percent=number("day_percent", box.day_percent),
            margin_percent=box.margin_percent,
        ),
        every_minutes=usual.every_minutes if every is None else every,
    )


async def _sides(session: AsyncSession, form: Form) -> list[Side]:
    """Return the rule sets that were chosen; what is no choice is a problem of its field."""
    groups = {str(one.id): one for one in await GroupService(session).groups()}
    rules = {str(one.id): one for one in await RuleService(session).rules()}
    sides: list[Side] = []
    for name in ("first", "second"):
        kind, _, chosen = form.text(name).partition(":")
        if kind == "group" and chosen in groups:
            sides.append(Side(group_id=groups[chosen].id))
        elif kind == "rule" and chosen in rules:
            sides.append(Side(group_id=rules[chosen].group_id, rule_id=rules[chosen].id))
        elif name == "first" or form.text(name):
            form.problems[name] = gettext(N_("Choose a group or a rule of the list."))
    return sides


async def _form(session: AsyncSession, values: dict[str, str], problems: dict[str, str]) -> Template:
    groups = await GroupService(session).groups()
    rules = await RuleService(session).rules()
    usual = Assumptions()
    options: list[dict[str, str]] = []
    for group in groups:
        options.append(
            {"value": f"group:{group.id}", "label": gettext(N_("{group}: all rules")).format(group=group.name)}
        )
        options += [
            {"value": f"rule:{rule.id}", "label": f"{group.name}: {rule.name} ({rule.version})"}
            for rule in rules
            if rule.group_id == group.id
        ]
    nothing = {"value": "", "label": gettext(N_("Nothing: only against what really happened"))}

    def number(name: str, label: str, otherwise: Decimal | int, told: str = "") -> dict[str, Any]:
        value = values.get(name, plain(otherwise))
        return {
            "name": name,
            "label": gettext(label),
            "value": value,
            "inputmode": "decimal",
            "half": True,
            "help": gettext(told),
        }

    basic: list[dict[str, Any]] = [
        {
            "name": "first",
            "label": gettext(N_("Try")),
            "type": "select",
            "options": options,
            "required": True,
            "value": values.get("first", ""),
            "help": gettext(N_("The offers are those of its group.")),
        },
        {
            "name": "second",
            "label": gettext(N_("Compare with")),
            "type": "select",
            "options": [nothing, *options],
            "value": values.get("second", ""),
        },
        {
            "name": "days",
            "label": gettext(N_("Days back")),
            "value": values.get("days", "28"),
            "inputmode": "numeric",
            "half": True,
        },
        number("most_offers", N_("Offers at most"), 500),
        {
            "name": "name",
            "label": gettext(N_("Name")),
            "value": values.get("name", ""),
            "help": gettext(N_("Empty: named after what is tried.")),
        },
    ]
    assumed: list[dict[str, Any]] = [
        {"name": "scale_shown", "type": "hidden", "label": "", "value": "yes"},
        {
            "name": "scale",
            "type": "checkbox",
            "label": gettext(
                N_("Choose the units a day so that what was really sold comes out for what was really asked")
            ),
            "value": "scale" in values or "scale_shown" not in values,
        },
        number(
            "units_per_day",
            N_("Units a day where sales are not known"),
            usual.demand.units_per_day,
            N_("Bought of a product a day at its usual price, from whomever."),
        ),
        number(
            "elasticity",
            N_("Elasticity"),
            usual.demand.elasticity,
            N_("A price 1 % higher sells so many percent less."),
        ),
        number(
            "box_percent",
            N_("Buyers who take the buy box, %"),
            usual.demand.box_percent,
            N_("The others are shared out evenly."),
        ),
        number(
            "channel_percent",
            N_("Dearer with the channel's delivery, %"),
            usual.box.channel_percent,
            N_("So much dearer still gets the buy box."),
        ),
        number(
            "day_percent",
            N_("Cheaper per day of delivery, %"),
            usual.box.day_percent,
            N_("So much cheaper must be who delivers a day later."),
        ),
        number("every_minutes", N_("Decide every so many minutes"), usual.every_minutes),
    ]
    context = {
        "tabs": tabs("backtests"),
        "basic": completed(basic, problems),
        "assumed": completed(assumed, problems),
        "choices": bool(options),
        "problems": problems,
    }
    return Template("pricing/backtest_new.html", context=context, status_code=422 if problems else 200)


ROUTES = [BacktestPages]
