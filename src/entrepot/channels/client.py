"""A client that speaks JSON, signs in with bearer tokens, keeps to the budget, and raises channel errors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from entrepot.channels.errors import (
    ChannelAwayError,
    ChannelThingMissingError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedPayloadError,
)
from entrepot.channels.line import Line, Obtain
from entrepot.kit.http import OPERATION, SUBJECT
from entrepot.kit.rate_budget import seconds_until

UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
REPLACEMENTS = 2
"""Tokens obtained anew for one call: the first may be declared void, too, by what a call beside this one met."""
DEFAULT_WAIT = 60
"""Seconds to wait when a channel limits us without saying for how long."""
LONGEST_REASON = 500
_IN_SECONDS = re.compile(r"(\d{1,5})\s*(?:s\b|sec)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A group of requests that a channel counts together."""

    name: str
    rate: int = 20
    """Calls in :attr:`per` seconds, until the channel's own headers tell."""
    per: int = 1
    burst: int = 20
    shared: bool = False
    """The channel counts it for all accounts that use one app; :attr:`name` then names the app."""
    asked: str = ""
    """What is asked for, for the record, where one URL answers everything."""


class ChannelClient:
    """Sends requests to one channel, and turns everything that can go wrong into a channel error.

    It neither retries nor sleeps on errors: the job runner does, because only it knows what else is waiting.  The one
    exception is a token that expired: it is replaced.

    Args:
        channel: its name, for people.
        line: the way to it.
        obtain: asks it for an access token; None: requests carry what the connector gives them.
    """

    def __init__(self, channel: str, line: Line, obtain: Obtain | None = None) -> None:
        self._channel = channel
        self._line = line
        self._obtain = obtain

    async def send[T](
        self,
        operation: Operation,
        method: str,
        url: str,
        into: type[T],
        *,
        subject: str = "",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
    ) -> T:
        """Send one request and return its answer as *into*; *subject* is what it is about, for the record."""
        response = await self.exchange(
            operation, method, url, subject=subject, headers=headers, params=params, content=content
        )
        return self.decode(response.content or b"null", into)

    async def exchange(
        self,
        operation: Operation,
        method: str,
        url: str,
        *,
        subject: str = "",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send one request and return its good answer unread."""
        token = await self._line.tokens.current(self._obtain) if self._obtain else ""
        told = {SUBJECT: subject, OPERATION: operation.asked} if operation.asked else {SUBJECT: subject}
        request: dict[str, Any] = {"told": told, "headers": headers or {}, "params": params, "content": content}
        response = await self._counted(operation, method, url, token, **request)
        for _ in range(REPLACEMENTS):
            if response.status_code != UNAUTHORIZED or self._obtain is None:
                break
            token = await self._line.tokens.replace(token, self._obtain)
            response = await self._counted(operation, method, url, token, **request)
        self.raise_for(response)
        return response

    async def _counted(
        self,
        operation: Operation,
        method: str,
        url: str,
        token: str,
        *,
        headers: Mapping[str, str],
        **request: Any,  # noqa: ANN401 -- as httpx
    ) -> httpx.Response:
        """Send one request within the budget."""
        await self._line.budget.take(
            operation.name, rate=operation.rate, per=operation.per, burst=operation.burst, shared=operation.shared
        )
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        response = await self._answer(method, url, headers={**headers, **authorization}, **request)
        await self._learn(operation, response)
        return response

    async def _answer(self, method: str, url: str, *, told: dict[str, str], **request: Any) -> httpx.Response:  # noqa: ANN401 -- as httpx
        try:
            return await self._line.http.request(method, url, extensions=told, **request)
        except httpx.TimeoutException as error:
            raise ChannelAwayError(channel=self._channel, reason="no answer in time") from error
        except httpx.DecodingError as error:
            raise UnexpectedPayloadError(channel=self._channel, reason=str(error)) from error
        except httpx.TransportError as error:
            raise ChannelAwayError(channel=self._channel, reason=type(error).__name__) from error

    async def _learn(self, operation: Operation, response: httpx.Response) -> None:
        remaining, reset = (
            response.headers.get("X-RateLimit-Remaining", ""),
            response.headers.get("X-RateLimit-Reset", ""),
        )
        if response.status_code == TOO_MANY_REQUESTS:
            await self._line.budget.learn(
                operation.name, remaining=0, reset=self._wait(response), shared=operation.shared
            )
        elif remaining.isdigit() and reset.isdigit() and int(remaining) <= operation.burst:
            await self._line.budget.learn(
                operation.name,
                remaining=int(remaining),
                reset=seconds_until(int(reset)),
                shared=operation.shared,
            )

    def decode[T](self, body: bytes, into: type[T]) -> T:
        """Return *body* as *into*.

        Raises:
            UnexpectedPayloadError: it is something else.
        """
        try:
            return msgspec.json.decode(body, type=into)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnexpectedPayloadError(channel=self._channel, reason=str(error)) from error

    def raise_for(self, response: httpx.Response) -> None:
        """Raise the error that an answer means."""
        match response.status_code:
            case status if status < httpx.codes.MULTIPLE_CHOICES:
                return
            case status if status < httpx.codes.BAD_REQUEST:
                raise UnexpectedPayloadError(channel=self._channel, reason=f"it redirects (answer {status})")
            case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN as status:
                raise CredentialsRejectedError(channel=self._channel, status=status)
            case httpx.codes.TOO_MANY_REQUESTS:
                raise RateLimitedError(channel=self._channel, retry_after=self._wait(response))
            case httpx.codes.REQUEST_TIMEOUT as status:
                raise ChannelAwayError(channel=self._channel, reason=f"answer {status}")
            case status if status >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise ChannelAwayError(channel=self._channel, reason=f"answer {status}")
            case httpx.codes.NOT_FOUND:
                raise ChannelThingMissingError(channel=self._channel, reason=reason_in(response))
            case status:
                raise RequestRejectedError(channel=self._channel, status=status, reason=reason_in(response))

    def _wait(self, response: httpx.Response) -> int:
        """Return the seconds a limit lasts: as the headers say, else as the text says, else a guess."""
        said = response.headers.get("Retry-After", "")
        if said.isdigit():
            return max(1, int(said))
        reset = response.headers.get("X-RateLimit-Reset", "")
        if reset.isdigit() and (seconds := seconds_until(int(reset))) > 0:
            return seconds
        found = _IN_SECONDS.search(response.text[:LONGEST_REASON])
        return max(1, int(found[1])) if found else DEFAULT_WAIT


class _Violation(msgspec.Struct):
    name: str = ""
    reason: str = ""


class _Problem(msgspec.Struct):
    """Problem details, as most channels answer refusals."""

    title: str = ""
    detail: str = ""
    error_description: str = ""
    violations: list[_Violation] = []


def reason_in(response: httpx.Response) -> str:
    """Return what a refusal says, in a line of text."""
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return " ".join(response.text.split())[:LONGEST_REASON] or f"answer {response.status_code}"
    parts = [problem.detail or problem.error_description or problem.title]
    parts += [f"{violation.name}: {violation.reason}".strip(": ") for violation in problem.violations]
    return (
        " ".join("; ".join(part for part in parts if part).split())[:LONGEST_REASON] or f"answer {response.status_code}"
    )
