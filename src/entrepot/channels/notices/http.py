"""The door itself: the one address of the hub that channels call, and the page part about it."""

import hmac
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, post
from litestar.datastructures import State
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs, open_to_all
from entrepot.access.rights import Right
from entrepot.channels.contract_notices import ReceivesNotices
from entrepot.channels.errors import DoorNotFoundError, NoticeRefusedError, TooManyNoticesError
from entrepot.channels.http import connections_of, see_other
from entrepot.channels.line import closed_line
from entrepot.channels.notices import repository
from entrepot.channels.notices.desk import MOST_ACCEPTED, MOST_REFUSED, NoticeDesk
from entrepot.channels.notices.service import NoticeService
from entrepot.channels.registry import connector_spec
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.errors import EntrepotError
from entrepot.kit.scope import Scope

LARGEST = 1_000_000
"""Bytes of a delivery."""
FRESH = 2.0
"""Seconds for which a process remembers what it takes to let a notice in."""
OK, UNAUTHORIZED, NOT_FOUND, TOO_MANY = 200, 401, 404, 429


@dataclass(frozen=True, slots=True)
class _Door:
    seller_id: UUID
    connector: ReceivesNotices
    secret: bytes
    keys: bytes
    looked_at: float


class Doors:
    """The doors that this process knows, and its desk; kept in the application's state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[UUID, _Door] = {}
        self.desk = NoticeDesk(state.database)

    @classmethod
    def of(cls, state: State) -> "Doors":
        """Return those of an application."""
        found: Doors | None = state.get("doors")
        if found is None:
            found = state.doors = cls(state)
        return found

    async def find(self, account_id: UUID) -> _Door | None:
        """Return an account's door."""
        known = self._known.get(account_id)
        if known is not None and monotonic() - known.looked_at < FRESH:
            return known
        async with self._state.database.transaction(Scope.all_sellers()) as session:
            facts = await repository.door_facts(session, account_id)
        if facts is None:
            self._known.pop(account_id, None)
            return None
        box = self._state.box
        spec = connector_spec(facts.channel)
        plain = msgspec.json.decode(box.open(facts.credentials, what=facts.name))
        connector = spec.connect(parse_credentials(spec, plain), closed_line())
        if not isinstance(connector, ReceivesNotices):
            return None
        door = _Door(
            seller_id=facts.seller_id,
            connector=connector,
            secret=box.open(facts.secret, what=facts.name),
            keys=box.open(facts.keys, what=facts.name) if facts.keys else b"",
            looked_at=monotonic(),
        )
        self._known[account_id] = door
        return door


@post(
    "/hooks/{account_id:uuid}/{secret:str}",
    opt=open_to_all() | {"exclude_from_csrf": True},
    request_max_body_size=LARGEST,
    include_in_schema=False,
    status_code=OK,
)
async def receive(request: Request[Any, Any, State], account_id: UUID, secret: str) -> Response[Any]:
    """Let a notice in: verified before anything is stored, answered as soon as it is safe."""
    doors = Doors.of(request.app.state)
    caller = f"from {request.client.host if request.client else ''}"
    door = await doors.find(account_id)
    if door is None or not hmac.compare_digest(door.secret, secret.encode()):
        wait = doors.desk.left(caller, MOST_REFUSED)
        return (
            _refusal(TOO_MANY, TooManyNoticesError(retry_after=wait))
            if wait
            else _refusal(NOT_FOUND, DoorNotFoundError())
        )
    wait = doors.desk.left(str(account_id), MOST_ACCEPTED)
    if wait:
        return _refusal(TOO_MANY, TooManyNoticesError(retry_after=wait))
    try:
        notices = door.connector.read_notice(
            {name.lower(): value for name, value in request.headers.items()}, await request.body(), door.keys
        )
    except NoticeRefusedError as error:
        if wait := doors.desk.left(f"refused {account_id}", MOST_REFUSED):
            return _refusal(TOO_MANY, TooManyNoticesError(retry_after=wait))
        await doors.desk.refuse(door.seller_id, account_id, error.detail)
        return _refusal(UNAUTHORIZED, error)
    await doors.desk.accept(door.seller_id, account_id, notices)
    return Response({"success": True}, status_code=OK)


def _refusal(status: int, error: EntrepotError) -> Response[dict[str, Any]]:
    headers = {"retry-after": str(error.facts["retry_after"])} if status == TOO_MANY else {}
    problem = {
        "type": "about:blank",
        "title": error.title,
        "status": status,
        "code": error.code,
        "detail": error.detail,
    }
    return Response(problem, status_code=status, media_type="application/problem+json", headers=headers)


class DoorController(Controller):
    """What people do with a door."""

    path = "/channels"
    include_in_schema = False

    @post("/{account_id:uuid}/notices", opt=needs(Right.CHANNELS_MANAGE))
    async def subscribe(self, request: Request[Any, Any, State], account_id: UUID, session: AsyncSession) -> Redirect:
        """Make the address, and ask the channel to send notices there."""
        state = request.app.state
        async with connections_of(state) as connections:
            await NoticeService(session, state.box, connections).subscribe(account_id, state.settings.address)
        return see_other(f"/channels/{account_id}#notices")
