"""Labels: chosen on a list, printed as PDF or ZPL."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.errors import MissingRightError
from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory.errors import NothingToPrintError
from entrepot.inventory.forms import field, sentence
from entrepot.inventory.label_printing import queue_labels
from entrepot.inventory.labels import MOST, SIZES, pdf, zpl
from entrepot.inventory.pages.work import uuid_of
from entrepot.inventory.views.labels import LABEL_KINDS, LabelKind, labelled, locations_under
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.printing.http import Here, here, workstation_of
from entrepot.printing.refs import JobRef

QUEUE = "printer"
FORMATS = {"pdf": N_("PDF, for any printer"), "zpl": N_("ZPL, for a thermal printer")}
HEADINGS = {
    "locations": N_("Labels of locations"),
    "products": N_("Labels of products"),
    "lots": N_("Labels of lots"),
}
BACK = {"locations": "/warehouses", "products": "/stock", "lots": "/lots"}


class LabelPages(Controller):
    """Labels."""

    path = "/labels"
    opt = needs(Right.INVENTORY_READ)
    include_in_schema = False

    @get()
    async def of_locations(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        warehouse: UUID | None = None,
        parent: UUID | None = None,
    ) -> Template:
        """Choose among the places of a building, or in one place."""
        ids = await locations_under(session, warehouse_id=warehouse, parent_id=parent)
        return await _choose(session, "locations", ids, {}, here=here(request))

    @post("/{kind:str}", status_code=200)
    async def choose(self, request: Request[Any, Any, Any], session: AsyncSession, kind: FromPath[str]) -> Template:
        """Choose how many, how large and for which printer."""
        form = await request.form()
        return await _choose(session, _kind(kind), _ids(form.getall("ids", [])), {}, here=here(request))

    @post("/{kind:str}/print", status_code=200)
    async def print_them(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, kind: FromPath[str]
    ) -> Template | Response[bytes]:
        """Give the labels as a file, or print them where this device stands."""
        form = await request.form()
        ids = _ids(form.getall("ids", []))
        given = {name: str(form.get(name, "")) for name in ("copies", "size", "format")}
        try:
            copies = int(given["copies"]) if given["copies"].isdecimal() and len(given["copies"]) < 5 else 0  # noqa: PLR2004 -- more than anyone prints
            if given["format"] == QUEUE:
                size = given["size"] if given["size"] in SIZES else "100x50"
                if not principal.can(Right.PRINTING_PRINT):
                    raise MissingRightError(right=str(Right.PRINTING_PRINT))
                job = await queue_labels(
                    session, principal.seller_id(), workstation_of(request), _kind(kind), ids, size, copies
                )
                shown = _ids(form.getall("shown", [])) or ids
                return await _choose(session, _kind(kind), shown, given, here=here(request), sent=job)
            return await printed(session, _kind(kind), ids, given["size"], given["format"], copies)
        except EntrepotError as error:
            shown = _ids(form.getall("shown", [])) or ids
            return await _choose(session, _kind(kind), shown, given, sentence(error), here=here(request))


async def printed(
    session: AsyncSession, kind: LabelKind, ids: list[UUID], size: str, form: str, copies: int
) -> Response[bytes]:
    """Return the labels as a file.

    Raises:
        NothingToPrintError: none, or too many.
    """
    labels = [one.label for one in await labelled(session, kind, ids)]
    size = size if size in SIZES else "100x50"
    if form == "zpl":
        content, media, name = zpl(labels, size, max(0, copies) or _refuse()).encode(), "application/zpl", f"{kind}.zpl"
    else:
        content, media, name = pdf(labels, size, copies), "application/pdf", f"{kind}.pdf"
    return Response(content, media_type=media, headers={"content-disposition": f'inline; filename="{name}"'})


def _refuse() -> int:
    raise NothingToPrintError(most=MOST)


def _kind(written: str) -> LabelKind:
    for kind in LABEL_KINDS:
        if kind == written:
            return kind
    raise NothingToPrintError(most=MOST)


def _ids(written: list[Any]) -> list[UUID]:
    return [id_ for one in written if (id_ := uuid_of(str(one)))]


async def _choose(
    session: AsyncSession,
    kind: LabelKind,
    ids: list[UUID],
    given: dict[str, str],
    general: str = "",
    *,
    here: Here | None = None,
    sent: JobRef | None = None,
) -> Template:
    rows = await labelled(session, kind, ids)
    if not rows and not general:
        general = sentence(NothingToPrintError(most=MOST))
    sizes = [{"value": size, "label": f"{width} × {height} mm"} for size, (width, height) in SIZES.items()]
    formats = [{"value": key, "label": gettext(label)} for key, label in FORMATS.items()]
    if here is not None:
        formats.insert(0, {"value": QUEUE, "label": gettext(N_("Printer at {name}")).format(name=here.name)})
    return Template(
        "inventory/labels.html",
        context={
            "rows": rows,
            "kind": kind,
            "heading": HEADINGS[kind],
            "back": BACK[kind],
            "general": general,
            "sent": sent,
            "fields": [
                field("copies", N_("Of each"), value=given.get("copies", "1"), inputmode="numeric", half=True),
                field("size", N_("Size"), kind="select", value=given.get("size", "100x50"), options=sizes, half=True),
                field(
                    "format", N_("As"), kind="select", value=given.get("format", formats[0]["value"]), options=formats
                ),
            ],
        },
        status_code=422 if given and general else 200,
    )
