"""The print queue."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXTemplate
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.printing import views
from entrepot.printing.domain import MEDIA_TYPES, PURPOSE_LABELS, STATE_LABELS, STATE_TONES, Format, JobState, Purpose
from entrepot.printing.errors import UnknownJobError
from entrepot.printing.http import here, sent, storage_of, told
from entrepot.printing.repository import QueueRepository
from entrepot.printing.service import PrintService

PAGE = 50
SHOWN_ALONE = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Policy of a PDF: the browser's own viewer is a page with styles of its own, which the policy of pages would block."""


class QueuePages(Controller):
    """The print queue."""

    path = "/printing"
    include_in_schema = False

    @get(opt=needs(Right.PRINTING_READ))
    async def index(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        q: str = "",
        show: str = "",
        workstation: str = "",
        purpose: str = "",
        before: str = "",
    ) -> Template:
        """List print jobs, the newest first."""
        show = show if show in {*JobState, "open", "maybe"} else ""
        purpose = purpose if purpose in set(Purpose) else ""
        found = await views.jobs(
            session, state=show, workstation_id=_uuid(workstation), purpose=purpose, search=q, before=_uuid(before),
            limit=PAGE + 1,
        )  # fmt: skip
        pairs = (("q", q), ("show", show), ("workstation", workstation), ("purpose", purpose))
        query = {name: value for name, value in pairs if value}
        address = urlencode(query)
        stations = await views.stations(session)
        context = {
            "rows": found[:PAGE],
            "query": query,
            "q": q,
            "show": show,
            "purpose": purpose,
            "workstation_id": workstation,
            "stations": stations,
            "station_options": [
                {"value": "", "label": gettext(N_("All workstations"))},
                *({"value": str(one.id), "label": one.name} for one in stations),
            ],
            "counts": await views.counts(session),
            "labels": STATE_LABELS,
            "tones": STATE_TONES,
            "purposes": PURPOSE_LABELS,
            "here": here(request),
            "next": f"/printing?{urlencode({**query, 'before': found[PAGE - 1].id})}" if len(found) > PAGE else None,
            "first": f"/printing?{address}" if before else None,
        }
        return Template("printing/queue.html", context=context)

    @get("/jobs/{job_id:uuid}/document", opt=needs(Right.PRINTING_READ))
    async def document(
        self, request: Request[Any, Any, Any], session: AsyncSession, job_id: FromPath[UUID]
    ) -> Response[bytes] | Stream:
        """Show what was or will be printed."""
        job = await PrintService(session).job(job_id)
        found = await QueueRepository(session).document(job.document_id)
        if found is None:
            raise UnknownJobError
        written = Format(found.format)
        how = "inline" if written is Format.PDF else "attachment"
        headers = {
            "content-disposition": f'{how}; filename="{job_id}.{written}"',
            "content-security-policy": SHOWN_ALONE,
            "x-content-type-options": "nosniff",
        }
        if found.content is not None:
            return Response(found.content, media_type=MEDIA_TYPES[written], headers=headers)
        return Stream(storage_of(request).read(found.storage_key), media_type=MEDIA_TYPES[written], headers=headers)

    @post("/jobs/{job_id:uuid}/reprint", opt=needs(Right.PRINTING_PRINT), status_code=200)
    async def reprint(
        self, request: Request[Any, Any, Any], session: AsyncSession, job_id: FromPath[UUID]
    ) -> HTMXTemplate | Redirect:
        """Print the same again."""
        job = await PrintService(session).reprint(job_id)
        return sent(job) if request.headers.get("hx-request") else Redirect("/printing", status_code=303)

    @post("/jobs/{job_id:uuid}/cancel", opt=needs(Right.PRINTING_PRINT), status_code=200)
    async def cancel(
        self, request: Request[Any, Any, Any], session: AsyncSession, job_id: FromPath[UUID]
    ) -> HTMXTemplate | Redirect:
        """Take a job out of the queue."""
        job = await PrintService(session).cancel(job_id)
        if not request.headers.get("hx-request"):
            return Redirect("/printing", status_code=303)
        return told(gettext(N_("{document} is not printed.")).format(document=job.document))


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written) if written else None
    except ValueError:
        return None


ROUTES = [QueuePages]
