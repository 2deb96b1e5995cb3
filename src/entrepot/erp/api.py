"""REST API v1 of ERP accounts.  Credentials go in and never come out."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, delete, get, patch, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.erp import views
from entrepot.erp.api_schema import (
    ChangeErpAccount,
    ConnectErpAccount,
    Erp,
    ErpAccount,
    ErpAccounts,
    ErpCredentialField,
    ErpHandOver,
    ErpHandOvers,
    ErpJoinItem,
    ErpJoins,
    Erps,
    ErpStockItem,
    ErpStockItems,
    ErpTestResult,
    JoinErp,
    SwitchErpAccount,
)
from entrepot.erp.contract import HandOverState
from entrepot.erp.http import connections_of
from entrepot.erp.registry import erp_spec, erps
from entrepot.erp.service import ErpService
from entrepot.erp.tasks import ReadErpStock
from entrepot.jobs import service as jobs
from entrepot.kit.credentials import choices_of, is_advanced, is_secret, parse_credentials

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]
type Sku = Annotated[str, QueryParameter(max_length=200)]


class ErpApi(Controller):
    """ERPs, accounts and joins."""

    path = "/api/v1/erp"
    tags = ["erp"]  # noqa: RUF012 -- Litestar's API

    @get("/connectors", opt=needs(Right.ERP_READ), operation_id="listErps", summary="List ERPs")
    async def connectors(self) -> Erps:
        """Return every ERP that accounts can be connected of, with what its credentials need."""
        return Erps(
            [
                Erp(
                    spec.key,
                    spec.name,
                    spec.website,
                    sorted(spec.capabilities),
                    [
                        ErpCredentialField(
                            name,
                            field.title or name,
                            field.description or "",
                            field.is_required(),
                            is_secret(field),
                            is_advanced(field),
                            [value for value, _ in choices_of(field)],
                        )
                        for name, field in spec.credentials.model_fields.items()
                    ],
                )
                for spec in erps().values()
            ]
        )

    @get("/accounts", opt=needs(Right.ERP_READ), operation_id="listErpAccounts", summary="List ERP accounts")
    async def accounts(self, session: AsyncSession, cursor: UUID | None = None, limit: Limit = 50) -> ErpAccounts:
        """Return the accounts in scope, by name."""
        found = await ErpService(session).accounts()
        start = next((place for place, account in enumerate(found, 1) if account.id == cursor), 0)
        page = found[start : start + limit]
        more = start + limit < len(found)
        return ErpAccounts([ErpAccount.of(account) for account in page], str(page[-1].id) if more else None)

    @post("/accounts", opt=needs(Right.ERP_MANAGE), operation_id="connectErpAccount", summary="Connect an ERP account")
    async def connect(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ConnectErpAccount],
        principal: Principal,
        session: AsyncSession,
    ) -> ErpAccount:
        """Try the credentials and, if everything needed is there, store the account."""
        spec = erp_spec(data.erp)
        credentials = parse_credentials(spec, data.credentials)
        async with connections_of(request.app.state) as connections:
            account = await ErpService(session, connections).connect(
                data.seller_id or principal.seller_id(), spec, credentials, name=data.name.strip()
            )
        return ErpAccount.of(account)

    @get(
        "/accounts/{account_id:uuid}",
        opt=needs(Right.ERP_READ),
        operation_id="getErpAccount",
        summary="Get an ERP account",
    )
    async def account(self, account_id: UUID, session: AsyncSession) -> ErpAccount:
        """Return one account with its health and what was found when it was last tried."""
        return ErpAccount.of(await ErpService(session).account(account_id))

    @patch(
        "/accounts/{account_id:uuid}",
        opt=needs(Right.ERP_MANAGE),
        operation_id="changeErpAccount",
        summary="Change an ERP account",
    )
    async def change(
        self, request: Request[Any, Any, Any], account_id: UUID, data: JSONBody[ChangeErpAccount], session: AsyncSession
    ) -> ErpAccount:
        """Change name, warehouses or credentials.  New credentials are tried before they are stored."""
        async with connections_of(request.app.state) as connections:
            service = ErpService(session, connections)
            account = await service.account(account_id)
            credentials = None
            if data.credentials is not UNSET:
                stored = await service.stored_credentials(account_id)
                credentials = parse_credentials(erp_spec(account.erp), data.credentials, stored=stored)
            changed = await service.change(
                account_id,
                name=None if data.name is UNSET else data.name.strip(),
                warehouses=None if data.warehouses is UNSET else data.warehouses,
                credentials=credentials,
            )
        return ErpAccount.of(changed)

    @post(
        "/accounts/{account_id:uuid}/switch",
        opt=needs(Right.ERP_MANAGE),
        operation_id="switchErpAccount",
        summary="Pause an ERP account, or switch it on",
        status_code=200,
    )
    async def switch(self, account_id: UUID, data: JSONBody[SwitchErpAccount], session: AsyncSession) -> ErpAccount:
        """Pause or switch on.  Nothing is read from a paused account, and nothing is handed over to it."""
        return ErpAccount.of(await ErpService(session).switch(account_id, active=data.active))

    @post(
        "/accounts/{account_id:uuid}/test",
        opt=needs(Right.ERP_MANAGE),
        operation_id="testErpAccount",
        summary="Try the stored credentials",
        status_code=200,
    )
    async def test(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> ErpTestResult:
        """Look again whether everything needed is there."""
        async with connections_of(request.app.state) as connections:
            report = await ErpService(session, connections).test(account_id)
        return ErpTestResult(report.known_as, list(report.checks), list(report.warehouses))

    @get(
        "/accounts/{account_id:uuid}/stock",
        opt=needs(Right.ERP_READ),
        operation_id="listErpStock",
        summary="List the ERP's stock",
    )
    async def stock(
        self, account_id: UUID, session: AsyncSession, sku: Sku = "", cursor: Sku = "", limit: Limit = 50
    ) -> ErpStockItems:
        """Return what the ERP last said, by SKU and warehouse; *sku*: those that begin with it."""
        await ErpService(session).account(account_id)
        warehouse, _, after = cursor.partition(" ")
        rows = await views.stock_rows(session, account_id, search=sku, after=(after, warehouse), limit=limit + 1)
        page = rows[:limit]
        return ErpStockItems(
            [ErpStockItem(**{name: getattr(row, name) for name in ErpStockItem.__struct_fields__}) for row in page],
            f"{page[-1].warehouse} {page[-1].sku}" if len(rows) > limit else None,
        )

    @post(
        "/accounts/{account_id:uuid}/stock/read",
        opt=needs(Right.ERP_MANAGE),
        operation_id="readErpStock",
        summary="Read the ERP's stock now",
        status_code=202,
    )
    async def read_stock(self, account_id: UUID, session: AsyncSession) -> ErpAccount:
        """Ask for a reading of every article; it runs as a job."""
        account = await ErpService(session).account(account_id)
        account.require()
        await jobs.enqueue(
            session, ReadErpStock(seller_id=account.seller_id, account_id=account_id), key=str(account_id)
        )
        return ErpAccount.of(account)

    @get(
        "/accounts/{account_id:uuid}/hand-overs",
        opt=needs(Right.ERP_READ),
        operation_id="listErpHandOvers",
        summary="List orders that were handed over",
    )
    async def hand_overs(
        self,
        account_id: UUID,
        session: AsyncSession,
        hand_over_state: Annotated[HandOverState | None, QueryParameter(name="state")] = None,
        reference: Sku = "",
        cursor: UUID | None = None,
        limit: Limit = 50,
    ) -> ErpHandOvers:
        """Return orders that were handed over or refused, the newest first."""
        await ErpService(session).account(account_id)
        found = await views.hand_overs(
            session,
            account_id,
            state=hand_over_state,
            references=[reference] if reference else None,
            before=cursor,
            limit=limit + 1,
        )
        items = [
            ErpHandOver(**{name: getattr(row, name) for name in ErpHandOver.__struct_fields__}) for row in found[:limit]
        ]
        return ErpHandOvers(items, str(items[-1].id) if len(found) > limit else None)

    @get("/joins", opt=needs(Right.ERP_READ), operation_id="listErpJoins", summary="List joins")
    async def joins(self, session: AsyncSession, account_id: UUID | None = None) -> ErpJoins:
        """Return which channel accounts work with which ERP accounts."""
        return ErpJoins([ErpJoinItem.of(join) for join in await ErpService(session).joins(account_id)])

    @put(
        "/joins/{channel_account_id:uuid}",
        opt=needs(Right.ERP_MANAGE),
        operation_id="joinErp",
        summary="Join a channel account to an ERP account",
    )
    async def join(self, channel_account_id: UUID, data: JSONBody[JoinErp], session: AsyncSession) -> ErpJoinItem:
        """Let a channel account work with an ERP account, instead of any other."""
        join = await ErpService(session).join(
            channel_account_id, data.erp_account_id, hand_over=data.hand_over, take_stock=data.take_stock
        )
        return ErpJoinItem.of(join)

    @delete(
        "/joins/{channel_account_id:uuid}",
        opt=needs(Right.ERP_MANAGE),
        operation_id="separateErp",
        summary="Separate a channel account from its ERP account",
    )
    async def separate(self, channel_account_id: UUID, session: AsyncSession) -> None:
        """Let a channel account go without an ERP."""
        await ErpService(session).separate(channel_account_id)


ROUTES = [ErpApi]
