"""``Idempotency-Key`` on the POSTs of the API.

:func:`claim_key` runs where the transaction of the request begins; :class:`Idempotency`, around the route, keeps the
answer.  A repetition gets the first answer with ``Idempotency-Replayed: true``; the same key on another request is
refused; a repetition whose first answer was lost in a crash is told that the work was done.
"""

import hashlib
from typing import Any

import structlog
from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.idempotency import Claim, EarlierAnswer, claim, keep_answer
from entrepot.access.principal import Principal
from entrepot.kit.database import Database
from entrepot.kit.errors import ConflictError, RefusedError, UnavailableError
from entrepot.kit.text import N_

HEADER = "idempotency-key"
RAW_HEADER = HEADER.encode()
KEY_MAX = 255
BODY_MAX = 1024 * 1024
"""Larger answers are not kept; a repetition is then told to look the result up."""
KEPT = frozenset({"content-type", "location"})
STATE = "idempotency"

log = structlog.get_logger()


class BadKeyError(RefusedError):
    """The header does not fit."""

    code = "web.bad_idempotency_key"
    title = N_("Bad Idempotency-Key")
    message = N_("The header Idempotency-Key must be 1 to 255 visible ASCII characters. A UUID is a good one.")


class KeyReusedError(RefusedError):
    """The key came with another request before."""

    code = "web.idempotency_key_reused"
    title = N_("Idempotency-Key used before")
    message = N_("This Idempotency-Key came with a different request before. Use a new key for each new request.")


class AnswerLostError(ConflictError):
    """The first request took effect, and nobody knows its answer any more (or yet)."""

    code = "web.idempotency_answer_lost"
    title = N_("Done already")
    message = N_("The request with this Idempotency-Key was carried out, but its answer is gone. Look the result up.")


class AlreadyAnsweredError(Exception):
    """Ends the request: the earlier answer is the answer.  Not an error of the product."""

    def __init__(self, answer: EarlierAnswer) -> None:
        super().__init__()
        self.answer = answer


async def claim_key(request: Request[Any, Any, Any], session: AsyncSession) -> None:
    """Take the request's key, if it has one, in its transaction.  Call it right after the transaction began.

    Raises:
        AlreadyAnsweredError: it was answered before.
        BadKeyError, KeyReusedError, AnswerLostError
    """
    principal: Principal | None = request.scope.get("user")
    key = request.headers.get(HEADER)
    if key is None or principal is None or request.method != "POST" or not request.url.path.startswith("/api/"):
        return
    if not 1 <= len(key) <= KEY_MAX or not (key.isascii() and key.isprintable()):
        raise BadKeyError
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    found = await claim(session, principal, key, digest.digest())
    if isinstance(found, Claim):
        request.scope["state"][STATE] = found
    elif not found.same_request:
        raise KeyReusedError
    elif found.status is None:
        raise AnswerLostError
    else:
        raise AlreadyAnsweredError(found)


def replay(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer as the first time.  The application's handler for :class:`AlreadyAnsweredError`."""
    assert isinstance(error, AlreadyAnsweredError)  # noqa: S101 -- registered for nothing else
    headers = {**error.answer.headers, "idempotency-replayed": "true"}
    media_type = headers.pop("content-type", "application/json")
    return Response(error.answer.body, status_code=error.answer.status or 200, headers=headers, media_type=media_type)


class Idempotency(ASGIMiddleware):
    """Keeps the answer of a request that claimed a key, before the client has it."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["path"].startswith("/api/") or all(name != RAW_HEADER for name, _ in scope["headers"]):
            await next_app(scope, receive, send)
            return
        # Kept as it is: whoever repeats the request may not understand a compressed answer.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        kept: list[Message] = []
        body = bytearray()

        async def hold(message: Message) -> None:
            kept.append(message)
            if message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._keep(scope, kept[0], bytes(body))
                    for held in kept:
                        await send(held)
                    kept.clear()

        await next_app(scope, receive, hold)

    async def _keep(self, scope: Scope, start: Message, body: bytes) -> None:
        done: Claim | None = scope["state"].get(STATE)
        if done is None or start["type"] != "http.response.start" or start["status"] >= 400 or len(body) > BODY_MAX:  # noqa: PLR2004 -- errors left no key
            return
        database: Database = scope["litestar_app"].state.database
        principal: Principal = scope["user"]
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in start["headers"]
            if name.decode("latin-1").lower() in KEPT
        }
        try:
            async with database.transaction(principal.scope, actor=principal.actor) as session:
                await keep_answer(session, done, start["status"], headers, body)
        except (UnavailableError, SQLAlchemyError) as error:
            log.warning("answer_not_kept", error=str(error))
