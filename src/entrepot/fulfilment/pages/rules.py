"""Rules that choose the carrier: list, order, change, try."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriage.choice import Rule, Situation, conditions
from entrepot.fulfilment.carriage.choosing import SEPARATOR, Choosing, written
from entrepot.fulfilment.carriage.rules import Rules
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.http import text_fields, whole_number
from entrepot.fulfilment.registry import carriers
from entrepot.kit import i18n
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_

PATH = "/carriers/rules"
ANY_CHANNEL = N_("Any channel account")


class RulePages(Controller):
    """Rules of choice."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.CARRIERS_MANAGE))
    async def index(
        self,
        session: AsyncSession,
        principal: Principal,
        country: str = "",
        kg: str = "",
        value: str = "",
        days: str = "",
        channel_account_id: str = "",
    ) -> Template:
        """List the rules, and say which one takes a parcel like this."""
        asked = {"country": country, "kg": kg, "value": value, "days": days, "channel_account_id": channel_account_id}
        if principal.seller is None and len(principal.sellers) != 1:
            return Template("fulfilment/rules.html", context={"several": True, "has_carriers": False})
        seller_id = principal.seller_id()
        names = await _names(session, seller_id)
        rules = await Rules(session).all(seller_id)
        tried = await _tried(session, seller_id, asked) if country or kg else None
        context = {
            "several": False,
            "rows": [_row(rule, names) for rule in rules],
            "tried": tried,
            "asked": asked,
            "try_fields": _try_fields(asked, names),
            "has_carriers": bool(names["carriers"]),
        }
        return Template("fulfilment/rules.html", context=context)

    @get("/new", opt=needs(Right.CARRIERS_MANAGE))
    async def blank(self, session: AsyncSession, principal: Principal) -> Template:
        """Show the form of a new rule."""
        return await _form(session, principal.seller_id(), {}, {})

    @post("/new", opt=needs(Right.CARRIERS_MANAGE), status_code=200)
    async def add(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Response[Any] | Template:
        """Make a rule; it goes last."""
        values = await text_fields(request)
        try:
            await Rules(session).save(principal.seller_id(), values)
        except InvalidInputError as error:
            return await _form(session, principal.seller_id(), values, error.problems)
        return Redirect(PATH, status_code=303)

    @get("/{rule_id:uuid}", opt=needs(Right.CARRIERS_MANAGE))
    async def edit(self, rule_id: UUID, session: AsyncSession) -> Template:
        """Show the form that changes a rule."""
        rule = await Rules(session).rule(rule_id)
        return await _form(session, rule.seller_id, _values(rule), {}, rule)

    @post("/{rule_id:uuid}", opt=needs(Right.CARRIERS_MANAGE), status_code=200)
    async def change(self, request: HTMXRequest, rule_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Change a rule."""
        values = await text_fields(request)
        rule = await Rules(session).rule(rule_id)
        try:
            await Rules(session).save(rule.seller_id, values, rule_id)
        except InvalidInputError as error:
            return await _form(session, rule.seller_id, values, error.problems, rule)
        return Redirect(PATH, status_code=303)

    @post("/{rule_id:uuid}/{action:str}", opt=needs(Right.CARRIERS_MANAGE), status_code=200)
    async def act(self, request: HTMXRequest, rule_id: UUID, action: str, session: AsyncSession) -> Response[Any]:
        """Move, switch or remove a rule."""
        rules = Rules(session)
        if action == "move":
            values = await text_fields(request)
            await rules.move(rule_id, whole_number(values.get("to", ""), "to"))
        elif action in {"on", "off"}:
            await rules.switch(rule_id, active=action == "on")
        elif action == "remove":
            await rules.remove(rule_id)
        return Redirect(PATH, status_code=303)


async def _names(session: AsyncSession, seller_id: UUID) -> dict[str, dict[Any, str]]:
    """Return what accounts and their services are called."""
    accounts = [one for one in await Carriers(session).accounts(seller_id) if one.carrier in carriers()]
    services = await AccountServices(session).of(accounts)
    return {
        "channels": {one.id: one.name for one in await ChannelService(session).accounts(seller_id=seller_id)},
        "carriers": {
            f"{one.id}:{service.code}": f"{one.name} · {i18n.gettext(service.name)}"
            for one in accounts
            for service in services[one.id]
        },
    }


def _row(rule: Rule, names: dict[str, dict[Any, str]]) -> dict[str, Any]:
    said = conditions(rule, names["channels"].get(rule.channel_account_id, ""))
    result = names["carriers"].get(f"{rule.carrier_account_id}:{rule.service}", "")
    return {"rule": rule, "conditions": SEPARATOR.join(written(one) for one in said), "result": result}


async def _tried(session: AsyncSession, seller_id: UUID, asked: dict[str, str]) -> dict[str, Any]:
    """Say of every active rule whether it takes such a parcel; the first that does is the one."""
    try:
        weight = int(Decimal(asked["kg"].replace(",", ".") or 0) * 1000)
        value = Decimal(asked["value"].replace(",", ".") or 0)
        days = int(asked["days"]) if asked["days"] else None
        channel = UUID(asked["channel_account_id"]) if asked["channel_account_id"] else None
        value = value if value.is_finite() else Decimal(0)
    except (ValueError, OverflowError, InvalidOperation):
        return {"problem": i18n.gettext(N_("Enter numbers for weight, value and days.")), "rows": []}
    situation = Situation(
        country=asked["country"].strip().upper(),
        weight_g=weight,
        value=value,
        channel_account_id=channel,
        days_left=days,
    )
    names = await _names(session, seller_id)
    verdicts = await Choosing(session).judge(seller_id, situation)
    first = next((verdict.rule.id for verdict in verdicts if verdict.fits), None)
    rows = [
        _row(verdict.rule, names)
        | {"fits": verdict.fits, "first": verdict.rule.id == first, "misses": [written(one) for one in verdict.misses]}
        for verdict in verdicts
    ]
    return {"problem": "", "rows": rows, "none": first is None}


def _try_fields(asked: dict[str, str], names: dict[str, dict[Any, str]]) -> list[dict[str, Any]]:
    plain: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("country", N_("Country code"), {"maxlength": 2, "placeholder": "DE"}),
        ("kg", N_("Weight in kg"), {"inputmode": "decimal"}),
        ("value", N_("Value of the order"), {"inputmode": "decimal"}),
        ("days", N_("Days left"), {"inputmode": "numeric"}),
    )
    fields = [_field(name, i18n.gettext(label), asked[name], half=True, **more) for name, label, more in plain]
    return [*fields, _channel_field(asked["channel_account_id"], "", names)]


async def _form(
    session: AsyncSession,
    seller_id: UUID,
    values: dict[str, str],
    problems: dict[str, str],
    rule: Rule | None = None,
) -> Template:
    names = await _names(session, seller_id)
    numbers = (
        ("least_kg", N_("From kg")),
        ("most_kg", N_("Up to kg")),
        ("least_value", N_("Worth from")),
        ("most_value", N_("Worth up to")),
        ("least_days", N_("Promised in at least (days)")),
        ("most_days", N_("Promised within (days)")),
    )
    fields = [
        _field(
            "countries",
            i18n.gettext(N_("Countries")),
            values.get("countries", ""),
            problems.get("countries", ""),
            help=i18n.gettext(N_("Two letters each, separated by commas. Empty: everywhere.")),
            placeholder="DE, AT",
        ),
        *(
            _field(
                name,
                i18n.gettext(label),
                values.get(name, ""),
                problems.get(name, ""),
                half=True,
                inputmode="decimal",
            )
            for name, label in numbers
        ),
        _channel_field(values.get("channel_account_id", ""), problems.get("channel_account_id", ""), names),
        _field(
            "carrier",
            i18n.gettext(N_("Carried by")),
            values.get("carrier", ""),
            problems.get("carrier", ""),
            type="select",
            required=True,
            options=[{"value": "", "label": "–"}]
            + [{"value": value, "label": label} for value, label in names["carriers"].items()],
        ),
    ]
    context = {"fields": fields, "rule": rule, "action": f"{PATH}/{rule.id}" if rule else f"{PATH}/new"}
    return Template("fulfilment/rule.html", context=context, status_code=422 if problems else 200)


def _values(rule: Rule) -> dict[str, str]:
    def text(value: object) -> str:
        return (
            "" if value is None else f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, Decimal) else str(value)
        )

    return {
        "countries": ", ".join(rule.countries),
        "least_kg": text(None if rule.least_g is None else Decimal(rule.least_g) / 1000 + Decimal("0.000")),
        "most_kg": text(None if rule.most_g is None else Decimal(rule.most_g) / 1000 + Decimal("0.000")),
        "least_value": text(rule.least_value),
        "most_value": text(rule.most_value),
        "least_days": text(rule.least_days),
        "most_days": text(rule.most_days),
        "channel_account_id": text(rule.channel_account_id),
        "carrier": f"{rule.carrier_account_id}:{rule.service}",
    }


def _channel_field(value: str, problem: str, names: dict[str, dict[Any, str]]) -> dict[str, Any]:
    options = [{"value": "", "label": i18n.gettext(ANY_CHANNEL)}]
    options += [{"value": str(key), "label": name} for key, name in names["channels"].items()]
    label = i18n.gettext(N_("Channel account"))
    return _field("channel_account_id", label, value, problem, type="select", options=options)


def _field(name: str, label: str, value: str, problem: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- of forms.field
    return {
        "name": name,
        "label": label,
        "help": "",
        "type": "text",
        "value": value,
        "error": i18n.gettext(problem) if problem else "",
        "required": False,
        "options": [],
    } | more


ROUTES = [RulePages]
