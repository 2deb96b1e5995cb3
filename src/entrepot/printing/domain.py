"""Pure decisions of printing: what a printer understands, where it stands, when a job is tried again."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from entrepot.kit.text import N_


class Purpose(StrEnum):
    """What a sheet or a label is for: workstations say per purpose which printer it comes from."""

    SHIPPING_LABEL = "shipping_label"
    ADDRESS_LABEL = "address_label"
    PACKING_SLIP = "packing_slip"
    INVOICE_COPY = "invoice_copy"
    PICK_LIST = "pick_list"
    ROUTE_LIST = "route_list"
    MANIFEST = "manifest"
    LOCATION_LABEL = "location_label"
    PRODUCT_LABEL = "product_label"
    LOT_LABEL = "lot_label"
    BOX_LABEL = "box_label"
    TEST_PAGE = "test_page"
    """Goes to the printer it tests, whatever else that is for."""


PURPOSE_LABELS: dict[Purpose, str] = {
    Purpose.SHIPPING_LABEL: N_("Shipping label"),
    Purpose.ADDRESS_LABEL: N_("Address label"),
    Purpose.PACKING_SLIP: N_("Packing slip"),
    Purpose.INVOICE_COPY: N_("Invoice copy"),
    Purpose.PICK_LIST: N_("Pick list"),
    Purpose.ROUTE_LIST: N_("Route list"),
    Purpose.MANIFEST: N_("Manifest"),
    Purpose.LOCATION_LABEL: N_("Label of a location"),
    Purpose.PRODUCT_LABEL: N_("Label of a product"),
    Purpose.LOT_LABEL: N_("Label of a lot"),
    Purpose.BOX_LABEL: N_("Label of a box"),
    Purpose.TEST_PAGE: N_("Test page"),
}
ROUTED = tuple(purpose for purpose in Purpose if purpose is not Purpose.TEST_PAGE)


class PrinterKind(StrEnum):
    """What a printer takes."""

    SHEETS = "sheets"
    """PDF on sheets: A4."""
    LABELS = "labels"
    """PDF on labels of one size."""
    ZPL = "zpl"
    """The language of thermal label printers."""


KIND_LABELS: dict[PrinterKind, str] = {
    PrinterKind.SHEETS: N_("Sheets (PDF)"),
    PrinterKind.LABELS: N_("Labels (PDF)"),
    PrinterKind.ZPL: N_("Labels (ZPL, thermal)"),
}


class Connection(StrEnum):
    """How the print agent reaches a printer."""

    NETWORK = "network"
    """Raw TCP, usually port 9100."""
    QUEUE = "queue"
    """A queue of the machine that the agent runs on (CUPS)."""


class Format(StrEnum):
    """What a document is written in."""

    PDF = "pdf"
    ZPL = "zpl"


MEDIA_TYPES = {Format.PDF: "application/pdf", Format.ZPL: "application/zpl"}


class JobState(StrEnum):
    """Where a print job is."""

    WAITING = "waiting"
    TAKEN = "taken"
    PRINTED = "printed"
    FAILED = "failed"
    CANCELLED = "cancelled"


STATE_LABELS: dict[JobState, str] = {
    JobState.WAITING: N_("Waiting"),
    JobState.TAKEN: N_("Printing"),
    JobState.PRINTED: N_("Printed"),
    JobState.FAILED: N_("Failed"),
    JobState.CANCELLED: N_("Cancelled"),
}
STATE_TONES: dict[JobState, str] = {
    JobState.WAITING: "info",
    JobState.TAKEN: "accent",
    JobState.PRINTED: "success",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "neutral",
}
OPEN = (JobState.WAITING, JobState.TAKEN)

RAW_PORT = 9100
LEASE = timedelta(seconds=60)
"""How long an agent has for a job before it counts as dead."""
ATTEMPTS = 6
COPIES_MAX = 200
LARGEST = 20 * 2**20
SLACK_MM = 3
"""A label may be this much larger than what lies in the printer: carriers draw 102 x 152 for 100 x 150."""
DOTS_PER_MM = {203: 8, 300: 12, 600: 24}
RESOLUTIONS = tuple(DOTS_PER_MM)

_HOST = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")
_V6 = re.compile(r"^\[[0-9A-Fa-f:.]{2,45}\]$")
_QUEUE = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,126}$")


def format_of(content: bytes) -> Format | None:
    """Return what *content* is written in; None if no printer here would understand it."""
    if content.startswith(b"%PDF-"):
        return Format.PDF
    return Format.ZPL if b"^XA" in content[:2048] and b"\0" not in content[:2048] else None


def understands(kind: PrinterKind) -> Format:
    """Return the only language of a printer."""
    return Format.ZPL if kind is PrinterKind.ZPL else Format.PDF


def fits(document: tuple[int, int] | None, media: tuple[int, int] | None) -> bool:
    """Tell whether a label of this size (mm) goes on what lies in the printer, upright or turned."""
    if document is None or media is None:
        return True
    (a, b), (wide, high) = sorted(document), sorted(media)
    return a <= wide + SLACK_MM and b <= high + SLACK_MM


@dataclass(frozen=True, slots=True)
class HostPort:
    """Where a network printer listens."""

    host: str
    port: int


def read_host(address: str) -> HostPort | None:
    """Return host and port of ``10.0.0.5``, ``zebra.local:9100`` or ``[fd00::5]:9100``; None if it is no such thing."""
    address = address.strip()
    if address.startswith("["):
        host, bracket, rest = address.partition("]")
        host, port = host + bracket, rest.removeprefix(":") if rest.startswith(":") else ("" if not rest else "x")
    else:
        host, _, port = address.partition(":")
    if port and (not port.isascii() or not port.isdecimal() or not 1 <= int(port[:6]) <= 65535):  # noqa: PLR2004 -- ports
        return None
    if not (_HOST.match(host) or _V6.match(host)) or (address.endswith(":") and not address.endswith("]")):
        return None
    return HostPort(host.strip("[]"), int(port) if port else RAW_PORT)


def address_problem(connection: Connection, address: str) -> str:
    """Return why *address* is none of this connection, or nothing."""
    if connection is Connection.NETWORK:
        return "" if read_host(address) else N_("Write the printer's name or address and port, like 192.168.1.40:9100.")
    if _QUEUE.match(address):
        return ""
    return N_("Write the name of the queue as “lpstat -e” prints it, like Zebra_ZD421; no spaces.")


def read_size(written: str) -> tuple[int, int] | None:
    """Return millimetres of ``102x152`` or ``A4``; None if it is neither."""
    cleaned = written.strip().lower().replace("×", "x").replace(" ", "").removesuffix("mm")
    if cleaned == "a4":
        return 210, 297
    wide, cross, high = cleaned.partition("x")
    if not cross or not (wide.isascii() and high.isascii() and wide.isdecimal() and high.isdecimal()):
        return None
    size = int(wide[:5]), int(high[:5])
    return size if all(10 <= side <= 1200 for side in size) else None  # noqa: PLR2004 -- millimetres of paper


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait before a job is tried again after *attempts* that failed."""
    return timedelta(seconds=min(300, 5 * 2 ** min(max(0, attempts - 1), 8)))
