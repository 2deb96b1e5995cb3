"""The pages of an import: upload, columns with a preview, result."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.errors import MissingRightError
from entrepot.access.guards import open_to_signed_in
from entrepot.access.principal import Principal
from entrepot.imports import views
from entrepot.imports.contract import ImportSpec
from entrepot.imports.jobs import start_import
from entrepot.imports.registry import import_spec, import_specs
from entrepot.imports.service import ImportService, missing_columns
from entrepot.kit import i18n
from entrepot.kit.csv_writing import BOM, csv_text
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.tabular import DecimalMark

SHOWN_ROWS = 10
SHOWN_PROBLEMS = 50


def allowed(principal: Principal, kind: str) -> ImportSpec:
    """Return the kind of import if *principal* may run it."""
    spec = import_spec(kind)
    if not principal.can(spec.right):
        raise MissingRightError(right=str(spec.right))
    return spec


def csv_headers(name: str) -> dict[str, str]:
    """Return the headers of a CSV download called *name*, which is plain ASCII."""
    return {"content-disposition": f'attachment; filename="{name}"'}


class ImportPages(Controller):
    """Each route checks the right of the kind of import."""

    path = "/imports"
    opt = open_to_signed_in()
    include_in_schema = False

    @get("/")
    async def index(self, session: AsyncSession, principal: Principal) -> Template:
        """List the last imports the caller may see."""
        kinds = [kind for kind, spec in import_specs().items() if principal.can(spec.right)]
        return Template(
            "imports/index.html",
            context={
                "imports": await views.recent_imports(session, kinds),
                "kinds": [import_spec(kind) for kind in kinds],
            },
        )

    @get("/new/{kind:str}")
    async def form(self, kind: FromPath[str], principal: Principal) -> Redirect | Template:
        """Ask for the file."""
        spec = allowed(principal, kind)
        return Redirect(spec.start, status_code=303) if spec.start else _form(spec)

    @get("/new/{kind:str}/example.csv")
    async def example(self, kind: FromPath[str], principal: Principal) -> Stream:
        """Hand out a table to fill in."""
        columns = allowed(principal, kind).columns
        content = BOM + csv_text([[column.key for column in columns], [column.example for column in columns]])
        return Stream(iter([content.encode()]), media_type="text/csv", headers=csv_headers(f"{kind}-example.csv"))

    @post("/new/{kind:str}")
    async def upload(
        self, request: Request[Any, Any, Any], kind: FromPath[str], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Take the file, or pasted rows."""
        spec = allowed(principal, kind)
        form = await request.form()
        sent, pasted = form.get("file"), str(form.get("pasted", ""))
        name, content = "import.csv", pasted.encode()
        if isinstance(sent, UploadFile) and sent.filename:
            name, content = sent.filename, await sent.read()
        try:
            import_id = await ImportService(session).upload(principal.seller_id(), kind, name, content)
        except EntrepotError as error:
            return _form(spec, i18n.gettext(error.message).format(**error.facts), pasted)
        return Redirect(f"/imports/{import_id}", status_code=303)

    @get("/{import_id:uuid}")
    async def show(self, import_id: FromPath[UUID], session: AsyncSession, principal: Principal) -> Template:
        """Show the columns and a preview of a draft, else how far it is and what failed."""
        service = ImportService(session)
        found = await service.find(import_id)
        spec = allowed(principal, found.kind)
        if found.status != "draft":
            failed = await views.failed_rows(session, import_id, limit=SHOWN_PROBLEMS)
            return Template("imports/result.html", context={"found": found, "spec": spec, "failed": failed})
        preview = await service.preview(import_id)
        return Template(
            "imports/columns.html",
            context={
                "found": found,
                "spec": spec,
                "missing": missing_columns(spec, found.mapping),
                "counts": preview.counts,
                "tried": len(preview.rows),
                "first": preview.rows[:SHOWN_ROWS],
                "wrong": [tried for tried in preview.rows if tried.outcome.result == "failed"][:SHOWN_PROBLEMS],
            },
        )

    @post("/{import_id:uuid}/columns")
    async def configure(
        self, request: Request[Any, Any, Any], import_id: FromPath[UUID], session: AsyncSession, principal: Principal
    ) -> Redirect:
        """Take what the columns are; start right away if that button was pressed."""
        service = ImportService(session)
        spec = allowed(principal, (await service.find(import_id)).kind)
        form = await request.form()
        chosen = {column.key: str(form.get(f"column-{column.key}", "")) for column in spec.columns}
        mapping = {key: int(place) for key, place in chosen.items() if place.isdecimal()}
        mark: DecimalMark = "," if form.get("mark") == "," else "."
        await service.configure(import_id, mapping, str(form.get("mode", "")), mark)
        if form.get("start"):
            await start_import(session, import_id)
        return Redirect(f"/imports/{import_id}", status_code=303)

    @post("/{import_id:uuid}/cancel")
    async def cancel(self, import_id: FromPath[UUID], session: AsyncSession, principal: Principal) -> Redirect:
        """Stop, or throw a draft away."""
        service = ImportService(session)
        found = await service.find(import_id)
        spec = allowed(principal, found.kind)
        was_draft = found.status == "draft"
        await service.cancel(import_id)
        return Redirect(spec.back if was_draft else f"/imports/{import_id}", status_code=303)

    @get("/{import_id:uuid}/failed.csv")
    async def failed(
        self, request: Request[Any, Any, Any], import_id: FromPath[UUID], session: AsyncSession, principal: Principal
    ) -> Stream:
        """Hand the failed rows out as they came, with what is wrong beside them: to be corrected and sent again."""
        found = await ImportService(session).find(import_id)
        allowed(principal, found.kind)
        database: Database = request.app.state.database
        header = [*found.header, i18n.gettext("What is wrong")]

        async def lines() -> AsyncGenerator[bytes]:
            yield (BOM + csv_text([header])).encode()
            after = 0
            while True:
                async with database.transaction(principal.scope, actor=principal.actor) as own:
                    rows = await views.failed_rows(own, import_id, after=after, limit=1000)
                if not rows:
                    return
                yield csv_text([[*row.cells, " ".join(row.problems.values())] for row in rows]).encode()
                after = rows[-1].number

        return Stream(lines(), media_type="text/csv", headers=csv_headers("failed-rows.csv"))


def _form(spec: ImportSpec, error: str = "", pasted: str = "") -> Template:
    return Template(
        "imports/new.html",
        context={"spec": spec, "error": error, "pasted": pasted},
        status_code=422 if error else 200,
    )


ROUTES = [ImportPages]
