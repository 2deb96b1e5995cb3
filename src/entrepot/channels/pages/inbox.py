"""Pages of what was received, above all of what needs attention."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels import views
from entrepot.channels.accounts import DocumentState
from entrepot.channels.errors import DocumentNotFoundError
from entrepot.channels.http import connections_of, pretty, see_other
from entrepot.channels.service import ChannelService
from entrepot.kit.text import N_

PAGE = 50
IGNORED = N_("Ignored by {name}.")


class InboxController(Controller):
    """What was received and needs attention."""

    path = "/channels/inbox"
    include_in_schema = False

    @get(opt=needs(Right.CHANNELS_READ))
    async def lane(
        self,
        session: AsyncSession,
        account: UUID | None = None,
        wanted: Annotated[str, QueryParameter(name="state")] = "attention",
        q: str = "",
        cursor: UUID | None = None,
    ) -> Template:
        """List documents, at first those that need attention."""
        chosen = wanted if wanted in set(DocumentState) else None
        found = await views.documents(
            session, state=chosen, account_id=account, search=q.strip(), before=cursor, limit=PAGE + 1
        )
        rows = found[:PAGE]
        query = {name: str(value) for name, value in (("account", account), ("state", wanted), ("q", q)) if value}
        context = {
            "rows": rows,
            "query": query,
            "q": q,
            "state": wanted,
            "account": str(account or ""),
            "accounts": await ChannelService(session).accounts(),
            "next": str(rows[-1].id) if len(found) > PAGE else None,
            "states": [state.value for state in DocumentState],
        }
        return Template("channels/inbox.html", context=context)

    @get("/{document_id:uuid}", opt=needs(Right.CHANNELS_READ))
    async def show(self, document_id: UUID, session: AsyncSession) -> Template:
        """Show one document with its raw payload."""
        service = ChannelService(session)
        document = await service.document(document_id)
        context = {
            "document": document,
            "account": await service.account(document.account_id),
            "raw": pretty(document.raw),
            "size": len(document.raw),
        }
        return Template("channels/document.html", context=context)

    @post("/{document_id:uuid}/retry", opt=needs(Right.CHANNELS_MANAGE))
    async def retry(self, request: Request[Any, Any, Any], document_id: UUID, session: AsyncSession) -> Redirect:
        """Let it be imported again."""
        async with connections_of(request.app.state) as connections:
            await ChannelService(session, connections).release(document_id)
        return see_other("/channels/inbox")

    @post("/{document_id:uuid}/ignore", opt=needs(Right.CHANNELS_MANAGE))
    async def ignore(self, document_id: UUID, principal: Principal, session: AsyncSession) -> Redirect:
        """Decide that it is not to be used."""
        await ChannelService(session).ignore(document_id, IGNORED.format(name=principal.name))
        return see_other("/channels/inbox")

    @post("/retry", opt=needs(Right.CHANNELS_MANAGE))
    async def retry_many(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Let several be imported again."""
        async with connections_of(request.app.state) as connections:
            service = ChannelService(session, connections)
            for document_id in await _chosen(request):
                await service.release(document_id)
        return see_other("/channels/inbox")

    @post("/ignore", opt=needs(Right.CHANNELS_MANAGE))
    async def ignore_many(
        self, request: Request[Any, Any, Any], principal: Principal, session: AsyncSession
    ) -> Redirect:
        """Decide that several are not to be used."""
        service = ChannelService(session)
        for document_id in await _chosen(request):
            await service.ignore(document_id, IGNORED.format(name=principal.name))
        return see_other("/channels/inbox")


async def _chosen(request: Request[Any, Any, Any]) -> list[UUID]:
    form = await request.form()
    chosen: list[UUID] = []
    for value in form.getall("ids", []):
        try:
            chosen.append(UUID(str(value)))
        except ValueError:
            raise DocumentNotFoundError(document=str(value)[:40]) from None
    return chosen
