"""REST API v1 of channel accounts and their inbox.  Credentials go in and never come out."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels import views
from entrepot.channels.accounts import DocumentState
from entrepot.channels.api_schema import (
    ChangeAccount,
    Channel,
    ChannelAccount,
    ChannelAccounts,
    ChannelDocument,
    ChannelDocumentDetail,
    ChannelDocuments,
    Channels,
    ConnectAccount,
    CredentialField,
    DocumentDecision,
    ExternalCalls,
    IgnoreDocument,
    SwitchAccount,
    TestResult,
)
from entrepot.channels.errors import CallNotFoundError
from entrepot.channels.http import connections_of
from entrepot.channels.registry import connector_spec, connectors
from entrepot.channels.service import ChannelService
from entrepot.kit.call_log import RecordedCall, recent_calls, recorded_call
from entrepot.kit.credentials import is_advanced, is_secret, parse_credentials

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class ChannelsApi(Controller):
    """Channels and accounts."""

    path = "/api/v1"
    tags = ["channels"]  # noqa: RUF012 -- Litestar's API

    @get("/channels", opt=needs(Right.CHANNELS_READ), operation_id="listChannels", summary="List channels")
    async def channels(self) -> Channels:
        """Return every channel that accounts can be connected on, with what its credentials need."""
        return Channels(
            [
                Channel(
                    spec.key,
                    spec.name,
                    spec.website,
                    sorted(spec.capabilities),
                    [
                        CredentialField(
                            name,
                            field.title or name,
                            field.description or "",
                            field.is_required(),
                            is_secret(field),
                            is_advanced(field),
                        )
                        for name, field in spec.credentials.model_fields.items()
                    ],
                )
                for spec in connectors().values()
            ]
        )

    @get(
        "/channel-accounts",
        opt=needs(Right.CHANNELS_READ),
        operation_id="listChannelAccounts",
        summary="List channel accounts",
    )
    async def accounts(self, session: AsyncSession, cursor: UUID | None = None, limit: Limit = 50) -> ChannelAccounts:
        """Return the accounts in scope, by name."""
        found = await ChannelService(session).accounts()
        start = next((place for place, account in enumerate(found, 1) if account.id == cursor), 0)
        page = found[start : start + limit]
        more = start + limit < len(found)
        return ChannelAccounts([ChannelAccount.of(account) for account in page], str(page[-1].id) if more else None)

    @post(
        "/channel-accounts",
        opt=needs(Right.CHANNELS_MANAGE),
        operation_id="connectChannelAccount",
        summary="Connect a channel account",
    )
    async def connect(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ConnectAccount],
        principal: Principal,
        session: AsyncSession,
    ) -> ChannelAccount:
        """Try the credentials on the channel and, if they work, store the account.  It imports only at first."""
        spec = connector_spec(data.channel)
        credentials = parse_credentials(spec, data.credentials)
        async with connections_of(request.app.state) as connections:
            account = await ChannelService(session, connections).connect(
                data.seller_id or principal.seller_id(),
                spec,
                credentials,
                name=data.name.strip(),
                prefix=data.prefix,
                warehouse_id=data.warehouse_id,
            )
        return ChannelAccount.of(account)

    @get(
        "/channel-accounts/{account_id:uuid}",
        opt=needs(Right.CHANNELS_READ),
        operation_id="getChannelAccount",
        summary="Get a channel account",
    )
    async def account(self, account_id: UUID, session: AsyncSession) -> ChannelAccount:
        """Return one account with its health."""
        return ChannelAccount.of(await ChannelService(session).account(account_id))

    @patch(
        "/channel-accounts/{account_id:uuid}",
        opt=needs(Right.CHANNELS_MANAGE),
        operation_id="changeChannelAccount",
        summary="Change a channel account",
    )
    async def change(
        self, request: Request[Any, Any, Any], account_id: UUID, data: JSONBody[ChangeAccount], session: AsyncSession
    ) -> ChannelAccount:
        """Change an account.  New credentials are tried before they are stored."""
        async with connections_of(request.app.state) as connections:
            service = ChannelService(session, connections)
            account = await service.account(account_id)
            credentials = None
            if data.credentials is not UNSET:
                stored = await service.stored_credentials(account_id)
                credentials = parse_credentials(connector_spec(account.channel), data.credentials, stored=stored)
            changed = await service.change(
                account_id,
                name=account.name if data.name is UNSET else data.name.strip(),
                prefix=account.prefix if data.prefix is UNSET else data.prefix,
                warehouse_id=account.warehouse_id if data.warehouse_id is UNSET else data.warehouse_id,
                credentials=credentials,
            )
        return ChannelAccount.of(changed)

    @post(
        "/channel-accounts/{account_id:uuid}/mode",
        opt=needs(Right.CHANNELS_MANAGE),
        operation_id="switchChannelAccount",
        summary="Pause a channel account, let it import only, or let it go live",
        status_code=200,
    )
    async def switch(self, account_id: UUID, data: JSONBody[SwitchAccount], session: AsyncSession) -> ChannelAccount:
        """Set the mode.  ``live`` allows writing to the channel."""
        return ChannelAccount.of(await ChannelService(session).switch(account_id, data.mode))

    @post(
        "/channel-accounts/{account_id:uuid}/test",
        opt=needs(Right.CHANNELS_MANAGE),
        operation_id="testChannelAccount",
        summary="Try the stored credentials",
        status_code=200,
    )
    async def test(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> TestResult:
        """Sign in to the channel with the stored credentials."""
        async with connections_of(request.app.state) as connections:
            return TestResult(await ChannelService(session, connections).test(account_id))

    @post(
        "/channel-accounts/{account_id:uuid}/import",
        opt=needs(Right.CHANNELS_MANAGE),
        operation_id="importChannelAccount",
        summary="Import orders now",
        status_code=202,
    )
    async def import_now(self, account_id: UUID, session: AsyncSession) -> ChannelAccount:
        """Ask for an import; it runs as a job."""
        return ChannelAccount.of(await ChannelService(session).request_import(account_id))

    @get(
        "/channel-accounts/{account_id:uuid}/calls",
        opt=needs(Right.CHANNELS_READ),
        operation_id="listChannelAccountCalls",
        summary="List recorded calls of a channel account",
    )
    async def calls(self, account_id: UUID, session: AsyncSession, limit: Limit = 50) -> ExternalCalls:
        """Return the newest calls made for an account, redacted."""
        await ChannelService(session).account(account_id)
        return ExternalCalls(await recent_calls(session, account_id=account_id, limit=limit))

    @get(
        "/channel-accounts/{account_id:uuid}/calls/{call_id:uuid}",
        opt=needs(Right.CHANNELS_READ),
        operation_id="getChannelAccountCall",
        summary="Get one recorded call",
    )
    async def call(self, account_id: UUID, call_id: UUID, session: AsyncSession) -> RecordedCall:
        """Return one call with headers and bodies, redacted."""
        call = await recorded_call(session, call_id)
        if call is None or call.account_id != account_id:
            raise CallNotFoundError(call_id=call_id)
        return call


class DocumentsApi(Controller):
    """The inbox."""

    path = "/api/v1/channel-documents"
    tags = ["channels"]  # noqa: RUF012 -- Litestar's API

    @get(
        opt=needs(Right.CHANNELS_READ),
        operation_id="listChannelDocuments",
        summary="List received documents",
    )
    async def documents(
        self,
        session: AsyncSession,
        doc_state: Annotated[DocumentState | None, QueryParameter(name="state")] = None,
        account_id: UUID | None = None,
        document_id: str = "",
        cursor: UUID | None = None,
        limit: Limit = 50,
    ) -> ChannelDocuments:
        """Return received documents, the newest first; ``state=attention`` for those that wait for a person."""
        found = await views.documents(
            session, state=doc_state, account_id=account_id, search=document_id, before=cursor, limit=limit + 1
        )
        items = [
            ChannelDocument(**{name: getattr(row, name) for name in ChannelDocument.__struct_fields__})
            for row in found[:limit]
        ]
        return ChannelDocuments(items, str(items[-1].id) if len(found) > limit else None)

    @get(
        "/{document_id:uuid}",
        opt=needs(Right.CHANNELS_READ),
        operation_id="getChannelDocument",
        summary="Get a received document",
    )
    async def document(self, document_id: UUID, session: AsyncSession) -> ChannelDocumentDetail:
        """Return one document with what the channel sent."""
        found = await ChannelService(session).document(document_id)
        fields = {name: getattr(found, name) for name in ChannelDocumentDetail.__struct_fields__ if name != "raw"}
        return ChannelDocumentDetail(**fields, raw=found.raw.decode(errors="replace"))

    @post(
        "/{document_id:uuid}/retry",
        opt=needs(Right.CHANNELS_MANAGE),
        operation_id="retryChannelDocument",
        summary="Import a received document again",
        status_code=202,
    )
    async def retry(
        self, request: Request[Any, Any, Any], document_id: UUID, session: AsyncSession
    ) -> DocumentDecision:
        """Let a document that needs attention be imported again; fetch it first if it never came whole."""
        async with connections_of(request.app.state) as connections:
            released = await ChannelService(session, connections).release(document_id)
        return DocumentDecision(released.id, released.state)

    @post(
        "/{document_id:uuid}/ignore",
        opt=needs(Right.CHANNELS_MANAGE),
        operation_id="ignoreChannelDocument",
        summary="Ignore a received document",
        status_code=200,
    )
    async def ignore(
        self, document_id: UUID, data: JSONBody[IgnoreDocument], session: AsyncSession
    ) -> DocumentDecision:
        """Decide that a document is not to be used."""
        await ChannelService(session).ignore(document_id, data.reason)
        return DocumentDecision(document_id, DocumentState.IGNORED)


ROUTES = [ChannelsApi, DocumentsApi]
