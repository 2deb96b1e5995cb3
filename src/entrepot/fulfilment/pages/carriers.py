"""Carrier accounts and the sender's address."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.account_services import QUIET_DAYS, AccountServices
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.contract import CarrierCapability, CarrierService, CarrierSpec, Credentials, PostalAddress
from entrepot.fulfilment.errors import NoSenderError
from entrepot.fulfilment.http import carrier_lines, text_fields
from entrepot.fulfilment.registry import carrier_spec, carriers
from entrepot.kit import i18n
from entrepot.kit.credentials import FormField, account_name, form_fields, name_field, name_problems, parse_credentials
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.text import N_

SENDER: dict[str, str] = {
    "company": N_("Company"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "street": N_("Street"),
    "house_number": N_("House number"),
    "postcode": N_("Postcode"),
    "city": N_("City"),
    "country": N_("Country code"),
    "email": N_("E-mail"),
    "phone": N_("Telephone"),
}


class CarrierPages(Controller):
    """Carriers."""

    path = "/carriers"
    include_in_schema = False

    @get(opt=needs(Right.CARRIERS_MANAGE))
    async def index(self, session: AsyncSession, principal: Principal) -> Template:
        """List accounts, and show the sender's address."""
        return await _index(session, principal)

    @post("/sender", opt=needs(Right.CARRIERS_MANAGE), status_code=200)
    async def sender(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Say where parcels come from."""
        values = await text_fields(request)
        try:
            address = msgspec.convert(
                {name: values.get(name, "") for name in SENDER} | {"country": values.get("country", "").upper()},
                PostalAddress,
            )
            await Carriers(session).set_sender(principal.seller_id(), address)
        except msgspec.ValidationError:
            problems = {"country": N_("Give the country as two letters, such as NL.")}
            return await _index(session, principal, values, problems)
        except InvalidInputError as error:
            return await _index(session, principal, values, error.problems)
        return Redirect("/carriers", status_code=303)

    @get("/new/{carrier:str}", opt=needs(Right.CARRIERS_MANAGE))
    async def blank(self, carrier: str) -> Template:
        """Show the form that connects an account."""
        spec = carrier_spec(carrier)
        return _form(spec, f"/carriers/new/{carrier}", {"name": spec.name}, {})

    @post("/new/{carrier:str}", opt=needs(Right.CARRIERS_MANAGE), status_code=200)
    async def connect(
        self, request: HTMXRequest, carrier: str, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Try the credentials, and store the account if they work."""
        spec = carrier_spec(carrier)
        values = await text_fields(request)
        action = f"/carriers/new/{carrier}"
        try:
            credentials = parse_credentials(spec, values)
            name = account_name(values)
            async with carrier_lines(request) as lines, session.begin_nested():
                await Carriers(session, lines).connect(
                    principal.seller_id(),
                    spec,
                    credentials,
                    name=name,
                    service=values.get("service", ""),
                )
        except InvalidInputError as error:
            return _form(spec, action, values, name_problems(values) | error.problems, status=422)
        except EntrepotError as error:
            return _form(spec, action, values, {}, failure=error, status=422)
        return Redirect("/carriers", status_code=303)

    @get("/{account_id:uuid}", opt=needs(Right.CARRIERS_MANAGE))
    async def edit(self, request: HTMXRequest, account_id: UUID, session: AsyncSession) -> Template:
        """Show the form that changes an account; secrets are never shown."""
        async with carrier_lines(request) as lines:
            service = Carriers(session, lines)
            account = await service.account(account_id)
            stored = await service.stored_credentials(account_id)
        known = AccountServices(session)
        values = {
            "name": account.name,
            "service": account.default_service,
            "quiet_days": str(await known.quiet_days(account_id)),
        }
        services = (await known.of([account]))[account_id]
        return _form(
            carrier_spec(account.carrier), f"/carriers/{account_id}", values, {}, stored=stored, services=services
        )

    @post("/{account_id:uuid}/services", opt=needs(Right.CARRIERS_MANAGE), status_code=200)
    async def services(self, request: HTMXRequest, account_id: UUID, session: AsyncSession) -> Response[Any]:
        """Read again what the account can book."""
        async with carrier_lines(request) as lines:
            service = Carriers(session, lines)
            account = await service.account(account_id)
            carrier = await service.connector(account_id, why="read services")
            await AccountServices(session).learn(account.seller_id, account_id, carrier)
        return Redirect(f"/carriers/{account_id}", status_code=303)

    @post("/{account_id:uuid}", opt=needs(Right.CARRIERS_MANAGE), status_code=200)
    async def change(self, request: HTMXRequest, account_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Change an account; new credentials are tried first."""
        values = await text_fields(request)
        async with carrier_lines(request) as lines:
            service = Carriers(session, lines)
            account = await service.account(account_id)
            spec = carrier_spec(account.carrier)
            stored = await service.stored_credentials(account_id)
            action = f"/carriers/{account_id}"
            services = (await AccountServices(session).of([account]))[account_id]
            try:
                credentials = parse_credentials(spec, values, stored=stored)
                name = account_name(values)
                async with session.begin_nested():
                    await service.change(
                        account_id,
                        name=name,
                        service=values.get("service", ""),
                        credentials=credentials if credentials != stored else None,
                    )
                    if "quiet_days" in values:
                        days = values["quiet_days"]
                        await AccountServices(session).set_quiet_days(account, int(days) if days.isdecimal() else 0)
            except InvalidInputError as error:
                problems = name_problems(values) | error.problems
                return _form(spec, action, values, problems, stored=stored, services=services, status=422)
            except EntrepotError as error:
                return _form(spec, action, values, {}, failure=error, stored=stored, services=services, status=422)
        return Redirect("/carriers", status_code=303)


async def _index(
    session: AsyncSession,
    principal: Principal,
    values: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> Template:
    service = Carriers(session)
    shown: dict[str, str] = values or {}
    seller_id = principal.seller.id if principal.seller else None
    if values is None and seller_id is not None:
        try:
            address = await service.sender(seller_id, None)
            shown = {name: str(getattr(address, name)) for name in SENDER}
        except NoSenderError:
            shown = {}
    fields = [
        _field(name, i18n.gettext(label), shown.get(name, ""), (problems or {}).get(name, ""))
        | {"half": True, "required": name in {"street", "house_number", "postcode", "city", "country"}}
        for name, label in SENDER.items()
    ]
    context = {
        "accounts": await service.accounts(seller_id),
        "specs": carriers(),
        "sender_fields": fields,
        "several": seller_id is None,
        "has_sender": any(shown.values()) and not problems,
    }
    return Template("fulfilment/carriers.html", context=context, status_code=422 if problems else 200)


def _field(name: str, label: str, value: str, problem: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- of forms.field
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


def _form(
    spec: CarrierSpec[Any],
    action: str,
    values: dict[str, str],
    problems: dict[str, str],
    *,
    failure: EntrepotError | None = None,
    stored: Credentials | None = None,
    services: Sequence[CarrierService] = (),
    status: int = 200,
) -> Template:
    services = services or spec.services
    first = FormField(
        name="service",
        title=N_("Service offered first"),
        problem=problems.get("service", ""),
        type="select",
        value=values.get("service", services[0].code),
        required=True,
        choices=tuple((one.code, one.name) for one in services),
    )
    quiet = FormField(
        name="quiet_days",
        title=N_("Days without news until a parcel is a problem"),
        hints=(N_("From 1 to 60."),),
        problem=problems.get("quiet_days", ""),
        type="number",
        value=values.get("quiet_days", str(QUIET_DAYS)),
        required=True,
    )
    fields = [
        name_field(values, problems),
        *form_fields(spec, values=values, problems=problems, stored=stored),
        first,
        *([quiet] if stored is not None else []),
    ]
    context = {
        "spec": spec,
        "action": action,
        "fields": fields,
        "failure": failure,
        "is_new": stored is None,
        "lists_services": stored is not None and CarrierCapability.SERVICES in spec.capabilities,
        "services": services,
    }
    return Template("fulfilment/carrier.html", context=context, status_code=status)


ROUTES = [CarrierPages]
