"""The door to the services that apprise knows: which, how they are addressed, and that they are really outside.

Apprise sends with a client of its own, past the one of :mod:`entrepot.kit.http`.  So every connection made while it
sends is checked here, at the moment of connecting and to the address that was checked: a name that resolves into a
private network gains nothing, and neither does a redirect.  Services that read files of this machine, start programs or
speak other protocols are not among :data:`SCHEMAS`.
"""

import asyncio
import logging
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from urllib3.exceptions import ProtocolError
from urllib3.response import HTTPResponse
from urllib3.util import connection

from entrepot.kit.addresses import Network, is_reachable
from entrepot.messaging.errors import (
    AddressUnknownError,
    HostNotAllowedError,
    ParameterNotAllowedError,
    ServiceFailedError,
    ServiceNotAllowedError,
)
from entrepot.messaging.mail import Attachment

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase

OWN_SERVER = frozenset({
    "bark", "barks", "form", "forms", "gotify", "gotifys", "hassio", "hassios", "json", "jsons", "matrix", "matrixs",
    "mmost", "mmosts", "nctalk", "nctalks", "ntfy", "ntfys", "rocket", "rockets", "signal", "signals",
})  # fmt: skip
"""Services on a host that the address names."""
ELSEWHERE = frozenset({
    "discord", "gchat", "guilded", "ifttt", "join", "line", "pbul", "pover", "prowl", "pushed", "slack", "spush",
    "tgram", "threema", "webex", "wxpusher", "zulip",
})  # fmt: skip
"""Services on a host of their own."""
SCHEMAS = OWN_SERVER | ELSEWHERE
BY_NAME = frozenset({"http", "https"})
"""Web addresses of services are understood where apprise knows them, as ``https://discord.com/api/webhooks/...``."""
REFUSED_PARAMETERS = frozenset({
    "attach", "attachment", "cert", "config", "cto", "file", "include", "retry", "rto", "template", "verify", "wait",
})  # fmt: skip
"""They name files of this machine, switch off checks, or make a worker wait."""
SECONDS = 30
GRACE = 15
LONGEST_REASON = 300
LARGEST_ANSWER = 1024 * 1024

_guard: ContextVar["Guard | None"] = ContextVar("guard", default=None)
_connect = connection.create_connection
_stream = HTTPResponse.stream


@dataclass(slots=True)
class Guard:
    """Which networks may be reached, and which hosts were refused."""

    allowed: Sequence[Network]
    refused: list[str] = field(default_factory=list[str])
    received: int = 0
    over: bool = False
    _lines: list[socket.socket] = field(default_factory=list[socket.socket])

    def watch(self, made: socket.socket) -> socket.socket:
        """Keep a second handle of a connection: TLS takes the first one over."""
        self._lines.append(made.dup())
        return made

    def count(self, size: int) -> None:
        """Count bytes of answers.

        Raises:
            ProtocolError: there are more than any service has to say.
        """
        self.received += size
        if self.received > LARGEST_ANSWER:
            msg = f"the answer is longer than {LARGEST_ANSWER // 1024} KiB"
            raise ProtocolError(msg)

    def hang_up(self) -> None:
        """End every connection, and with them a thread that still waits for one."""
        self.over = True
        while self._lines:
            with self._lines.pop() as line, suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def _checked_connection(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:  # noqa: ANN401 -- urllib3's own
    guard = _guard.get()
    if guard is None:
        return _connect(address, *args, **options)
    host, port = address[0].strip("[]"), address[1]
    found = dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    for one in found:
        if is_reachable(one, guard.allowed) and not guard.over:
            return guard.watch(_connect((one, port), *args, **options))
    guard.refused.append(host)
    msg = f"{host} is not on the public internet"
    raise OSError(msg)


def _counted_stream(
    answer: HTTPResponse,
    amt: int | None = 2**16,
    decode_content: bool | None = None,  # noqa: FBT001 -- as urllib3 has it
) -> Generator[bytes]:
    guard = _guard.get()
    for part in _stream(answer, amt, decode_content):
        if guard is not None:
            guard.count(len(part))
        yield part


connection.create_connection = _checked_connection
HTTPResponse.stream = _counted_stream  # type: ignore[assignment, method-assign]  # what requests reads every answer by


@contextmanager
def checked(guard: Guard) -> Generator[None]:
    """Check every connection that this thread, and those it starts with its context, makes by urllib3."""
    token = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(token)


@dataclass(frozen=True, slots=True)
class Service:
    """A service as an address names it."""

    name: str
    """As people know it, with the host of a server of one's own."""
    plugin: "NotifyBase"


def read_address(url: str, allowed: Sequence[Network]) -> Service:
    """Return the service that an address names.

    Raises:
        AddressUnknownError: it is none.
        ServiceNotAllowedError: the hub sends nothing to that service.
        ParameterNotAllowedError: it asks for something that is not for users to ask for.
        HostNotAllowedError: it names an address of a private network.
    """
    from apprise import Apprise  # noqa: PLC0415 -- takes a quarter of a second, and few processes send

    schema = url.strip().partition("://")[0].lower()
    if "://" not in url or not url.isprintable() or not schema.isalnum():
        raise AddressUnknownError
    if schema not in SCHEMAS | BY_NAME:
        raise ServiceNotAllowedError(schema=schema[:40], known=", ".join(sorted(SCHEMAS)))
    try:
        for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True):
            if name.lower() in REFUSED_PARAMETERS:
                raise ParameterNotAllowedError(name=name[:40])
        found = Apprise.instantiate(url.strip(), asset=_asset())
    except ValueError:
        raise AddressUnknownError from None
    if found is None:
        raise AddressUnknownError
    spoken = {*_names(found.protocol), *_names(found.secure_protocol)}
    if not spoken & SCHEMAS:
        raise ServiceNotAllowedError(schema=schema, known=", ".join(sorted(SCHEMAS)))
    name = str(found.service_name)
    if spoken & OWN_SERVER and getattr(found, "mode", "") != "cloud" and found.host:
        _check_host(found.host, allowed)
        name = f"{name} ({found.host})"
    return Service(name, found)


def _names(protocol: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (protocol,) if isinstance(protocol, str) else tuple(protocol or ())


def _check_host(host: str, allowed: Sequence[Network]) -> None:
    """Refuse what is plainly private; names are looked up when something is sent."""
    literal = "127.0.0.1" if host.lower().rstrip(".").split(".")[-1] == "localhost" else host.strip("[]")
    try:
        ip_address(literal)
    except ValueError:
        return
    if not is_reachable(literal, allowed):
        raise HostNotAllowedError(host=host)


@lru_cache(maxsize=1)
def _asset() -> Any:  # noqa: ANN401 -- known where apprise is loaded
    from apprise import AppriseAsset  # noqa: PLC0415 -- as above
    from apprise.common import PersistentStoreMode  # noqa: PLC0415 -- as above

    return AppriseAsset(
        app_id="Entrepot",
        app_desc="Entrepot",
        app_url="https://entrepot.dev",
        storage_mode=PersistentStoreMode.MEMORY,
        allow_templates=False,
        service_timeout=SECONDS,
    )


async def deliver(
    url: str, allowed: Sequence[Network], *, title: str, body: str, picture: Attachment | None = None
) -> None:
    """Send a message to the service that *url* names.

    Raises:
        ServiceFailedError: it did not take it.
        AddressUnknownError: the address is not one; and as :func:`read_address` says.
    """
    service = await asyncio.to_thread(read_address, url, allowed)
    guard = Guard(tuple(allowed))
    try:
        async with asyncio.timeout(SECONDS + GRACE):
            problem = await asyncio.to_thread(_send, service, guard, title, body, picture)
    except TimeoutError:
        raise ServiceFailedError(service=service.name, reason="it did not answer in time") from None
    finally:
        guard.hang_up()
    if guard.refused:
        raise HostNotAllowedError(host=guard.refused[0])
    if problem is not None:
        raise ServiceFailedError(service=service.name, reason=problem)


def _send(service: Service, guard: Guard, title: str, body: str, picture: Attachment | None) -> str | None:
    """Send, and return what the service said if it did not take it."""
    from apprise import Apprise, AppriseAttachment  # noqa: PLC0415 -- as above
    from apprise.attachment.memory import AttachMemory  # noqa: PLC0415 -- as above

    door = Apprise(asset=_asset())
    door.add(service.plugin)
    attach = None
    if picture is not None and service.plugin.attachment_support:
        attach = AppriseAttachment(
            AttachMemory(content=picture.content, name=picture.name, mimetype=picture.media_type)  # type: ignore[no-untyped-call]  # apprise leaves it untyped
        )
    said: list[str] = []
    with checked(guard):
        taken = door.notify(
            body=body,
            title=title,
            body_format="text",
            attach=attach,
            log_callback=lambda entry, _: said.append(entry.message),
        )
    if taken:
        return None
    return (said[0] if said else "no reason was given")[:LONGEST_REASON]


logging.getLogger("apprise").setLevel(logging.WARNING)
