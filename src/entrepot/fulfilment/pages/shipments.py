"""Shipments: where parcels are, and what channels were told."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.documents.pages import storage_of
from entrepot.documents.service import DocumentService
from entrepot.fulfilment import views
from entrepot.fulfilment.carriage.choice import Reason
from entrepot.fulfilment.carriage.choosing import written
from entrepot.fulfilment.carriage.problems import KIND_LABELS
from entrepot.fulfilment.carriage.views import choice_of, problem_counts, problem_rows
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.contract import MILESTONE_LABELS, CarrierCapability
from entrepot.fulfilment.domain import PushState, ShipmentState
from entrepot.fulfilment.errors import ShipmentNotFoundError
from entrepot.fulfilment.http import carrier_lines, label_desk, own_transaction, text_fields
from entrepot.fulfilment.pushing import waiting_reason
from entrepot.fulfilment.refs import ShipmentRef
from entrepot.fulfilment.registry import carriers
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit import i18n
from entrepot.kit.errors import EntrepotError

PAGE = 50
LONGEST_NUMBER = 60
SHOWN_ALONE = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Policy of a PDF: the browser's own viewer is a page with styles of its own, which the policy of pages would block."""
KINDS = {"pdf": "application/pdf", "zpl": "text/plain; charset=utf-8"}


class ShipmentPages(Controller):
    """Shipments."""

    path = "/fulfilment/shipments"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(
        self,
        session: AsyncSession,
        q: str = "",
        parcel: str = "",
        push: str = "",
        problem: str = "",
        before: UUID | None = None,
    ) -> Template:
        """List shipments."""
        found = await views.shipments(
            session, search=q.strip(), state=parcel, push=push, problem=bool(problem), before=before, limit=PAGE + 1
        )
        query = {
            name: value for name, value in (("q", q), ("parcel", parcel), ("push", push), ("problem", problem)) if value
        }
        address = "&".join(f"{name}={value}" for name, value in query.items())
        context = {
            "rows": found[:PAGE],
            "query": query,
            "q": q,
            "parcel": parcel,
            "push": push,
            "problem": problem,
            "counts": await views.counts(session),
            "problems": sum((await problem_counts(session)).values()),
            "states": ["labelled", "shipped", *(one.value for one in ShipmentState if one.value != "labelled")],
            "pushes": [one.value for one in PushState],
            "next": f"/fulfilment/shipments?{address}&before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        }
        return Template("fulfilment/shipments.html", context=context)

    @get("/{shipment_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def show(self, shipment_id: UUID, session: AsyncSession) -> Template:
        """Show one shipment: label, tracking, attempts, what the channel says."""
        return Template("fulfilment/shipment.html", context=await _detail(session, shipment_id))

    @get(["/{shipment_id:uuid}/label.pdf", "/{shipment_id:uuid}/label.zpl"], opt=needs(Right.FULFILMENT_READ))
    async def label(self, request: HTMXRequest, shipment_id: UUID, session: AsyncSession) -> Stream:
        """Send the label, to be shown and printed."""
        kind = request.url.path.rpartition(".")[2]
        found = await views.shipments(session, shipment_id=shipment_id)
        document_id = {"pdf": found[0].label_pdf_id, "zpl": found[0].label_zpl_id}.get(kind) if found else None
        if document_id is None:
            raise ShipmentNotFoundError(shipment=str(shipment_id))
        storage = storage_of(request)
        document = await DocumentService(session, storage).find(document_id)
        how = "inline" if kind == "pdf" else "attachment"
        return Stream(
            storage.read(document.storage_key),
            media_type=KINDS[kind],
            headers={
                "Content-Disposition": f'{how}; filename="{found[0].tracking_code or shipment_id}.{kind}"',
                "content-security-policy": SHOWN_ALONE,
            },
        )

    @post("/{shipment_id:uuid}/{action:str}", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def act(
        self, request: HTMXRequest, shipment_id: UUID, action: str, principal: Principal
    ) -> Response[Any] | Template:
        """Cancel the label, try the label or the channel again, skip the channel, or ask the carrier now."""
        try:
            if action == "cancel-label":
                async with carrier_lines(request) as lines:
                    await label_desk(request, principal, lines).cancel(shipment_id)
            elif action == "retry-label":
                async with own_transaction(request, principal) as session:
                    parcel_id = (await _row(session, shipment_id)).parcel_id
                async with carrier_lines(request) as lines:
                    shipment_id = (await label_desk(request, principal, lines).make(parcel_id)).id
            elif action == "adopt-label":
                number = (await text_fields(request)).get("number", "")
                async with carrier_lines(request) as lines:
                    await label_desk(request, principal, lines).adopt(shipment_id, number[:LONGEST_NUMBER])
            elif action == "book-again":
                async with carrier_lines(request) as lines:
                    await label_desk(request, principal, lines).book_again(shipment_id)
            elif action == "ask-carrier":
                async with own_transaction(request, principal) as session:
                    await FulfilmentService(session).shipping.ask_now(shipment_id)
            elif action in {"retry-push", "skip-push"}:
                async with own_transaction(request, principal) as session:
                    pushing = FulfilmentService(session).pushing
                    await (pushing.retry if action == "retry-push" else pushing.skip)(shipment_id)
        except EntrepotError as error:
            async with own_transaction(request, principal) as session:
                context = await _detail(session, shipment_id, error)
            return Template("fulfilment/shipment.html", context=context, status_code=422)
        return Redirect(f"/fulfilment/shipments/{shipment_id}", status_code=303)


async def _row(session: AsyncSession, shipment_id: UUID) -> views.ShipmentRow:
    found = await views.shipments(session, shipment_id=shipment_id)
    if not found:
        raise ShipmentNotFoundError(shipment=str(shipment_id))
    return found[0]


async def _detail(session: AsyncSession, shipment_id: UUID, error: EntrepotError | None = None) -> dict[str, Any]:
    row = await _row(session, shipment_id)
    push = await views.push_of(session, shipment_id)
    account = await ChannelService(session).account(push.account_id) if push else None
    choice = await choice_of(session, shipment_id)
    stored = await ParcelRepository(session).shipment(shipment_id)
    return {
        "row": row,
        "why": written(Reason(choice.message, choice.facts)) if choice else "",
        "in_doubt": stored is not None
        and row.state is ShipmentState.REQUESTED
        and bool(stored.request.get("in_doubt") and row.last_error),
        "finds_labels": stored is not None and await _finds_labels(session, stored),
        "problems": await problem_rows(session, shipment_id=shipment_id, limit=10),
        "kinds": KIND_LABELS,
        "push": push,
        "account": account,
        "waiting_reason": i18n.gettext(waiting_reason(account)).format(name=account.name)
        if account and push and push.state is PushState.WAITING
        else "",
        "milestones": MILESTONE_LABELS,
        "tracking": await views.tracking(session, shipment_id),
        "attempts": await views.attempts(session, shipment_id),
        "error": error,
    }


async def _finds_labels(session: AsyncSession, shipment: ShipmentRef) -> bool:
    """Whether the carrier finds labels by a number that a person looked up."""
    if shipment.carrier_account_id is None:
        return False
    account = await Carriers(session).account(shipment.carrier_account_id)
    spec = carriers().get(account.carrier)
    return spec is not None and CarrierCapability.FIND_LABELS in spec.capabilities


ROUTES = [ShipmentPages]
