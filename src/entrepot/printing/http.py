"""At which workstation a device stands: a cookie, chosen on a page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from litestar import Request, Response
from litestar.plugins.htmx import HTMXTemplate

from entrepot.kit.i18n import gettext
from entrepot.kit.storage import Storage, open_storage
from entrepot.kit.text import N_
from entrepot.printing.errors import NoWorkstationError
from entrepot.printing.refs import JobRef, WorkstationRef

WORKSTATION_COOKIE = "entrepot_workstation"
TWO_YEARS = 2 * 365 * 24 * 3600
NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Here:
    """The workstation that a device remembers; it may be gone by now."""

    id: UUID
    name: str


def here(request: Request[Any, Any, Any]) -> Here | None:
    """Return where the device stands, as it remembers it; no query."""
    written, _, name = request.cookies.get(WORKSTATION_COOKIE, "").partition(".")
    try:
        return Here(UUID(written), unquote(name)[:NAME_MAX])
    except ValueError:
        return None


def workstation_of(request: Request[Any, Any, Any]) -> UUID:
    """Return the workstation at which the device stands.

    Raises:
        NoWorkstationError: it does not know.
    """
    found = here(request)
    if found is None:
        raise NoWorkstationError
    return found.id


def remember(response: Response[Any], request: Request[Any, Any, Any], station: WorkstationRef) -> None:
    """Let the device stand at *station* from now on."""
    response.set_cookie(
        WORKSTATION_COOKIE,
        f"{station.id}.{quote(station.name[:NAME_MAX], safe='')}",
        max_age=TWO_YEARS,
        path="/",
        httponly=True,
        secure=request.app.state.settings.secure_cookies,
        samesite="lax",
    )


def forget(response: Response[Any]) -> None:
    """Let the device stand nowhere."""
    response.delete_cookie(WORKSTATION_COOKIE, path="/")


def storage_of(request: Request[Any, Any, Any]) -> Storage:
    """Return the storage of this process."""
    state = request.app.state
    if not hasattr(state, "storage"):
        state.storage = open_storage(state.settings)
    storage: Storage = state.storage
    return storage


def told(text: str, tone: str = "success") -> HTMXTemplate:
    """Answer a button with a line that fades."""
    return HTMXTemplate(
        template_name="_toast.html", context={"text": text, "tone": tone}, re_target="#toasts", re_swap="beforeend"
    )


def sent(job: JobRef) -> HTMXTemplate:
    """Say where something will come out."""
    sentence = N_("{document} is sent to {printer}, {workstation}.")
    facts = {"document": job.document, "printer": job.printer, "workstation": job.workstation}
    return told(gettext(sentence).format(**facts))
