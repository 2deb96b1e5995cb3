"""Sends signed requests to Temu's one address."""

import hashlib
from dataclasses import replace

import msgspec

from entrepot.channels.client import ChannelClient, Operation
from entrepot.channels.errors import RateLimitedError, UnexpectedPayloadError
from entrepot.channels.line import Line
from entrepot.connectors.temu.credentials import TemuCredentials
from entrepot.connectors.temu.errors import NAME, error_of
from entrepot.connectors.temu.signing import signed_body
from entrepot.kit.clock import now

RATE = 19
"""Calls in a second.  Temu allows 20 per app; the bucket lets one more through in the first second."""


class _Answer(msgspec.Struct, rename="camel"):
    """What every answer has."""

    success: bool
    error_code: int = 0
    error_msg: str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")


class Gateway:
    """The way to one shop.  Says what went wrong in the product's errors."""

    def __init__(self, credentials: TemuCredentials, line: Line) -> None:
        self._credentials = credentials
        self._client = ChannelClient(NAME, line)
        self._budget = line.budget
        app = hashlib.blake2b(credentials.app_key.encode(), digest_size=8).hexdigest()
        self._operation = Operation(name=f"app {app}", rate=RATE, burst=1, shared=True)

    async def call[T](
        self, kind: str, into: type[T], parameters: dict[str, object] | None = None, *, subject: str = ""
    ) -> T:
        """Send one request and return its result as *into*; *subject* is what it is about, for the record."""
        return self._client.decode(await self.raw(kind, parameters, subject=subject), into)

    async def raw(self, kind: str, parameters: dict[str, object] | None = None, *, subject: str = "") -> msgspec.Raw:
        """Send one request and return its result as it came."""
        credentials = self._credentials
        business = parameters or {}
        body = signed_body(
            credentials.app_secret.get_secret_value(),
            {
                "type": kind,
                "app_key": credentials.app_key,
                "access_token": credentials.access_token.get_secret_value(),
                "data_type": "JSON",
                "timestamp": int(now().timestamp()),
                **({"request": business} if credentials.shape == "nested" else business),
            },
        )
        answer = await self._client.send(
            replace(self._operation, asked=kind),
            "POST",
            credentials.url,
            _Answer,
            subject=subject,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            content=body,
        )
        if not answer.success:
            error = error_of(answer.error_code, answer.error_msg or "", operation=kind, region=credentials.region)
            if isinstance(error, RateLimitedError):  # the other processes need not find out by themselves
                await self._budget.learn(self._operation.name, remaining=0, reset=error.retry_after, shared=True)
            raise error
        if not bytes(answer.result).strip():
            raise UnexpectedPayloadError(channel=NAME, reason="it names no result")
        return answer.result
