"""What the scanner pages of the warehouse share: one box, one task, and what is known so far carried along in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.response import Template

from entrepot.catalog.service import ProductRef
from entrepot.inventory.errors import UnknownLocationError, UnknownProductError, UnknownScanError
from entrepot.inventory.forms import Field, sentence
from entrepot.inventory.refs import LocationRef
from entrepot.inventory.service import InventoryService
from entrepot.kit.errors import EntrepotError, Fact
from entrepot.kit.i18n import gettext


@dataclass(slots=True)
class Button:
    """Something to press on a task."""

    label: str
    url: str
    icon: str = "check"
    tone: str = "secondary"
    fields: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(slots=True)
class Task:
    """What is to be done next, in letters that can be read at arm's length."""

    title: str
    big: str
    kind: str = ""
    sub: str = ""
    tone: str = "accent"
    quantity: int | None = None
    done: int | None = None
    total: int | None = None
    state: dict[str, str] = field(default_factory=dict[str, str])
    """What is known so far; comes back with the next scan."""
    fields: Sequence[Field] = ()
    notes: list[str] = field(default_factory=list[str])
    buttons: list[Button] = field(default_factory=list[Button])
    result: str = ""
    message: str = ""

    def ok(self, template: str, **facts: Fact) -> "Task":
        """Say that something worked."""
        self.result, self.message = "ok", gettext(template).format(**facts)
        return self

    def error(self, error: EntrepotError) -> "Task":
        """Say what is wrong."""
        self.result, self.message = "error", sentence(error)
        return self


async def values_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return what a form says."""
    form = await request.form()
    return {name: str(value).replace("\0", "").strip() for name, value in form.items()}


def answer(request: Request[Any, Any, Any], task: Task, page: str, context: Mapping[str, object]) -> Template:
    """Return the task alone to the script, and the whole page to everyone else."""
    if request.headers.get("hx-request") == "true":
        return Template("inventory/_work.html", context={"task": task})
    return Template(page, context={**context, "task": task})


async def identify(
    stock: InventoryService, seller_id: UUID, code: str, warehouse_id: UUID | None
) -> ProductRef | LocationRef:
    """Return the product or the location that *code* names: what is on goods wins over what is on shelves.

    Raises:
        UnknownScanError: it names neither.
        AmbiguousLocationError: it hangs in several buildings.
    """
    try:
        return await stock.scan_product(seller_id, code)
    except UnknownProductError:
        pass
    try:
        return await stock.scan_location(code, warehouse_id=warehouse_id)
    except UnknownLocationError:
        raise UnknownScanError(code=code[:60]) from None


def uuid_of(written: str) -> UUID | None:
    """Return the id that is written, or None."""
    try:
        return UUID(written)
    except ValueError:
        return None
