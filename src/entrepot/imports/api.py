"""Imports for programs."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath, Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import open_to_signed_in
from entrepot.access.principal import Principal
from entrepot.imports.jobs import start_import
from entrepot.imports.pages import allowed
from entrepot.imports.service import ImportService
from entrepot.imports.views import FailedRow, ImportRowView, failed_rows

FAILED_SHOWN = 200


class ImportOut(msgspec.Struct, frozen=True, kw_only=True):
    """An import, and the first rows that failed."""

    summary: ImportRowView
    failed_rows: list[FailedRow]


class ImportController(Controller):
    """Tables brought in.  Each route checks the right of the kind of import."""

    path = "/api/v1/imports"
    opt = open_to_signed_in()
    tags = ("imports",)

    @post("/{kind:str}", operation_id="startImport", summary="Import a table", status_code=202)
    async def start(
        self,
        request: Request[Any, Any, Any],
        kind: FromPath[str],
        session: AsyncSession,
        principal: Principal,
        mode: str = "",
        name: Annotated[str, Parameter(max_length=200)] = "import.csv",
        subject: Annotated[str, Parameter(max_length=120, description="Of invoices: their source.")] = "",
    ) -> ImportOut:
        """Send CSV, XLSX or JSON as the body; its headings tell the columns.  Applied in the background."""
        spec = allowed(principal, kind)
        service = ImportService(session)
        import_id = await service.upload(principal.seller_id(), kind, name, await request.body(), subject=subject)
        found = await service.find(import_id)
        await service.configure(
            import_id, found.mapping, mode or next(iter(spec.modes)), "," if found.mark == "," else "."
        )
        await start_import(session, import_id)
        return ImportOut(summary=ImportRowView.of(await service.find(import_id)), failed_rows=[])

    @get("/{import_id:uuid}", operation_id="getImport", summary="Say how far an import is")
    async def show(self, import_id: FromPath[UUID], session: AsyncSession, principal: Principal) -> ImportOut:
        """Return the counts and the first failed rows."""
        found = await ImportService(session).find(import_id)
        allowed(principal, found.kind)
        rows = await failed_rows(session, import_id, limit=FAILED_SHOWN)
        return ImportOut(summary=ImportRowView.of(found), failed_rows=rows)


ROUTES = [ImportController]
