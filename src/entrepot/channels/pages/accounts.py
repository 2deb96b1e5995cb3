"""Pages of channel accounts, and of connecting one."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels import views
from entrepot.channels.accounts import DocumentState, Mode
from entrepot.channels.contract import Capability
from entrepot.channels.http import connections_of, form_values, see_other
from entrepot.channels.notices.service import NoticeService
from entrepot.channels.registry import connector_spec, connectors
from entrepot.channels.service import ChannelService
from entrepot.channels.spec import ConnectorSpec
from entrepot.kit.call_log import recent_calls
from entrepot.kit.credentials import FormField, form_fields, name_field, name_problems, parse_credentials
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.text import N_

UNPROCESSABLE = 422
RECENT_CALLS = 25
PREFIX_WRONG = N_("Use at most 12 letters, digits or dashes.")

CAPABILITIES = {
    Capability.IMPORT_ORDERS: N_("Imports orders"),
    Capability.CONFIRM_SHIPMENTS: N_("Reports shipments and tracking"),
    Capability.CANCEL_LINES: N_("Cancels order lines"),
    Capability.LIST_CARRIERS: N_("Names its carriers"),
    Capability.READ_OFFERS: N_("Reads offers"),
    Capability.PUBLISH_STOCK: N_("Publishes stock"),
    Capability.RECEIVE_NOTICES: N_("Tells us at once what changes"),
    Capability.MANAGE_OFFERS: N_("Creates, changes and removes offers"),
    Capability.EXPORT_OFFERS: N_("Exports all offers at once"),
    Capability.READ_HELD_STOCK: N_("Shows stock in its own warehouses"),
    Capability.READ_RETURNS: N_("Imports returns"),
    Capability.HANDLE_RETURNS: N_("Is told what became of returns"),
    Capability.READ_MARKET: N_("Shows competing offers, who makes them, ranks, price stars and commissions"),
}


def naming_fields(values: dict[str, str], problems: dict[str, str]) -> list[FormField]:
    """Return the fields every account has, whatever its channel."""
    return [
        name_field(values, problems),
        FormField(
            name="prefix",
            title=N_("Prefix of order numbers"),
            hints=(N_("Put before the channel's order numbers, so that two channels never collide."),),
            problem=problems.get("prefix", ""),
            value=values.get("prefix", ""),
        ),
    ]


def check_naming(values: dict[str, str]) -> dict[str, str]:
    """Return what is wrong with name and prefix, by field."""
    problems = name_problems(values)
    prefix = values.get("prefix", "").strip()
    if len(prefix) > 12 or (not prefix.replace("-", "").isalnum() and prefix):  # noqa: PLR2004 -- as the sentence says
        problems["prefix"] = PREFIX_WRONG
    return problems


def naming(values: dict[str, str]) -> tuple[str, str]:
    """Return name and prefix.

    Raises:
        InvalidInputError: one of them is wrong.
    """
    if problems := check_naming(values):
        raise InvalidInputError(problems)
    return values["name"].strip(), values.get("prefix", "").strip()


class AccountController(Controller):
    """Channel accounts."""

    path = "/channels"
    include_in_schema = False

    @get(opt=needs(Right.CHANNELS_READ))
    async def index(self, session: AsyncSession) -> Template:
        """List accounts with their health."""
        accounts = await ChannelService(session).accounts()
        context = {
            "accounts": accounts,
            "attention": await views.attention_counts(session),
            "specs": connectors(),
        }
        return Template("channels/list.html", context=context)

    @get("/new", opt=needs(Right.CHANNELS_MANAGE))
    async def choose(self) -> Template:
        """Offer the channels there are."""
        specs = sorted(connectors().values(), key=lambda spec: spec.name.lower())
        return Template("channels/choose.html", context={"specs": specs, "capabilities": CAPABILITIES})

    @get("/new/{channel:str}", opt=needs(Right.CHANNELS_MANAGE))
    async def blank(self, channel: str) -> Template:
        """Show the form that connects an account."""
        spec = connector_spec(channel)
        return _connect_form(spec, {"name": spec.name, "prefix": spec.prefix}, {})

    @post("/new/{channel:str}", opt=needs(Right.CHANNELS_MANAGE))
    async def connect(
        self, request: Request[Any, Any, Any], channel: str, principal: Principal, session: AsyncSession
    ) -> Response[Any] | Template:
        """Try the credentials, and store the account if they work."""
        spec = connector_spec(channel)
        values = await form_values(request)
        try:
            credentials = parse_credentials(spec, values)
            name, prefix = naming(values)
            async with connections_of(request.app.state) as connections:
                account = await ChannelService(session, connections).connect(
                    principal.seller_id(),
                    spec,
                    credentials,
                    name=name,
                    prefix=prefix,
                )
        except InvalidInputError as error:
            return _connect_form(spec, values, check_naming(values) | error.problems, status=UNPROCESSABLE)
        except EntrepotError as error:
            return _connect_form(spec, values, {}, failure=error, status=UNPROCESSABLE)
        return see_other(f"/channels/{account.id}")

    @post("/new/{channel:str}/test", opt=needs(Right.CHANNELS_MANAGE), status_code=200)
    async def try_out(self, request: Request[Any, Any, Any], channel: str, principal: Principal) -> Template:
        """Try credentials and store nothing."""
        spec = connector_spec(channel)
        try:
            credentials = parse_credentials(spec, await form_values(request))
            async with connections_of(request.app.state) as connections:
                known_as = await connections.try_out(spec, credentials, seller_id=principal.seller_id())
        except EntrepotError as error:
            return Template("channels/_test.html", context={"failure": error, "known_as": ""})
        return Template("channels/_test.html", context={"failure": None, "known_as": known_as})

    @get("/{account_id:uuid}", opt=needs(Right.CHANNELS_READ))
    async def show(
        self, request: Request[Any, Any, Any], account_id: UUID, principal: Principal, session: AsyncSession
    ) -> Template:
        """Show one account: mode, health, what the channel told us, recent calls."""
        account = await ChannelService(session).account(account_id)
        state = request.app.state
        notices = NoticeService(session, state.box)
        door = await notices.door(account)
        shown = door is not None and principal.can(Right.CHANNELS_MANAGE)
        context = {
            "door": door,
            "address": notices.address(state.settings.address, account, door) if shown and door else "",
            "notices": await notices.latest(account) if door else [],
            "account": account,
            "spec": connector_spec(account.channel),
            "capabilities": CAPABILITIES,
            "calls": await recent_calls(session, account_id=account_id, limit=RECENT_CALLS),
            "troubled": await views.documents(session, state=DocumentState.ATTENTION, account_id=account_id, limit=10),
        }
        return Template("channels/account.html", context=context)

    @post("/{account_id:uuid}/mode", opt=needs(Right.CHANNELS_MANAGE))
    async def switch(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> Redirect:
        """Pause, import only, or go live."""
        mode = (await form_values(request)).get("mode", "")
        if mode not in set(Mode):
            raise InvalidInputError({"mode": N_("Choose one of the three modes.")})
        await ChannelService(session).switch(account_id, Mode(mode))
        return see_other(f"/channels/{account_id}")

    @post("/{account_id:uuid}/import", opt=needs(Right.CHANNELS_MANAGE))
    async def import_now(self, account_id: UUID, session: AsyncSession) -> Redirect:
        """Ask for an import now."""
        await ChannelService(session).request_import(account_id)
        return see_other(f"/channels/{account_id}")

    @post("/{account_id:uuid}/test", opt=needs(Right.CHANNELS_MANAGE), status_code=200)
    async def test(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> Template:
        """Try the stored credentials."""
        async with connections_of(request.app.state) as connections:
            service = ChannelService(session, connections)
            try:
                known_as = await service.test(account_id)
            except EntrepotError as error:
                await service.record_failure(account_id, error)
                return Template("channels/_test.html", context={"failure": error, "known_as": ""})
        return Template("channels/_test.html", context={"failure": None, "known_as": known_as})

    @get("/{account_id:uuid}/edit", opt=needs(Right.CHANNELS_MANAGE))
    async def edit(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> Template:
        """Show the form that changes an account; secrets are never shown."""
        return await _edit_form(request, session, account_id, None, {})

    @post("/{account_id:uuid}/edit", opt=needs(Right.CHANNELS_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession
    ) -> Response[Any] | Template:
        """Change an account; its credentials are tried again if any of them changed."""
        values = await form_values(request)
        try:
            async with connections_of(request.app.state) as connections:
                service = ChannelService(session, connections)
                account = await service.account(account_id)
                stored = await service.stored_credentials(account_id)
                credentials = parse_credentials(connector_spec(account.channel), values, stored=stored)
                name, prefix = naming(values)
                await service.change(
                    account_id,
                    name=name,
                    prefix=prefix,
                    warehouse_id=account.warehouse_id,
                    credentials=credentials if credentials != stored or not account.may_read else None,
                )
        except InvalidInputError as error:
            problems = check_naming(values) | error.problems
            return await _edit_form(request, session, account_id, values, problems, status=UNPROCESSABLE)
        except EntrepotError as error:
            return await _edit_form(request, session, account_id, values, {}, failure=error, status=UNPROCESSABLE)
        return see_other(f"/channels/{account_id}")


def _connect_form(
    spec: ConnectorSpec[Any],
    values: dict[str, str],
    problems: dict[str, str],
    *,
    failure: EntrepotError | None = None,
    status: int = 200,
) -> Template:
    context = {
        "spec": spec,
        "fields": [*naming_fields(values, problems), *form_fields(spec, values=values, problems=problems)],
        "failure": failure,
        "capabilities": CAPABILITIES,
    }
    return Template("channels/connect.html", context=context, status_code=status)


async def _edit_form(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    account_id: UUID,
    values: dict[str, str] | None,
    problems: dict[str, str],
    *,
    failure: EntrepotError | None = None,
    status: int = 200,
) -> Template:
    async with connections_of(request.app.state) as connections:
        service = ChannelService(session, connections)
        account = await service.account(account_id)
        stored = await service.stored_credentials(account_id)
    spec = connector_spec(account.channel)
    naming = values if values is not None else {"name": account.name, "prefix": account.prefix}
    context = {
        "account": account,
        "spec": spec,
        "fields": [
            *naming_fields(naming, problems),
            *form_fields(spec, values=values, problems=problems, stored=stored),
        ],
        "failure": failure,
    }
    return Template("channels/edit.html", context=context, status_code=status)
