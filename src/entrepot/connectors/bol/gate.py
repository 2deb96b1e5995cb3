"""The gate to bol: sign-in, media types, and what is carried out later."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpx
import msgspec

from entrepot.channels.client import ChannelClient, Operation
from entrepot.channels.contract import ProcessRef, ProcessReport, ProcessState
from entrepot.channels.errors import (
    ChannelThingMissingError,
    CredentialsRejectedError,
    RequestRejectedError,
    UnexpectedPayloadError,
)
from entrepot.channels.line import Line, Token
from entrepot.connectors.bol import wire
from entrepot.connectors.bol.credentials import BolCredentials
from entrepot.kit.clock import now

NAME = "bol"
V10 = "application/vnd.retailer.v10+json"
V11 = "application/vnd.retailer.v11+json"
V10_CSV = "application/vnd.retailer.v10+csv"
V10_PDF = "application/vnd.retailer.v10+pdf"
AT_ONCE = 8
"""Requests for single orders, offers or returns on their way at the same time."""
ITEMS_PER_PAGE = 50
PROCESSES_AT_ONCE = 1000
TOGETHER = "+"
"""Joins the ids of processes that are parts of one thing."""

# bol counts requests per path; these are the groups, with what is safe until its headers tell.
TOKEN = Operation(name="token", rate=5, burst=5)
LIST_ORDERS = Operation(name="orders")
PROCESSES = Operation(name="process-status")


class BolGate:
    """One bol retailer account, signed in."""

    def __init__(self, credentials: BolCredentials, line: Line) -> None:
        self._credentials = credentials
        self._line = line
        self._base = credentials.api_url
        self._sign_in = ChannelClient(NAME, line)
        self._client = ChannelClient(NAME, line, self._obtain_token)

    async def _obtain_token(self) -> Token:
        credentials = self._credentials
        pair = f"{credentials.client_id}:{credentials.client_secret.get_secret_value()}"
        asked_at = now()
        try:
            answer = await self._sign_in.send(
                TOKEN,
                "POST",
                credentials.token_url,
                wire.TokenAnswer,
                params={"grant_type": "client_credentials"},
                headers={"Authorization": f"Basic {b64encode(pair.encode()).decode()}", "Accept": "application/json"},
            )
        except RequestRejectedError as error:  # a malformed pair is answered 400
            raise CredentialsRejectedError(channel=NAME, status=error.facts["status"]) from error
        if not answer.access_token or answer.token_type.lower() != "bearer":
            raise UnexpectedPayloadError(channel=NAME, reason="the sign-in answered no bearer token")
        return Token(answer.access_token, asked_at + timedelta(seconds=answer.expires_in))

    async def check(self) -> str:
        """Sign in, and read a page of orders: the right that everything else stands on."""
        params: dict[str, str | int] = {"page": 1, "status": "OPEN", "fulfilment-method": "ALL"}
        await self._read(LIST_ORDERS, "/retailer/orders", wire.ReducedOrders, params=params)
        return f"bol {self._credentials.client_id[:8]}"

    async def _read[T](
        self,
        operation: Operation,
        path: str,
        into: type[T],
        *,
        subject: str = "",
        params: Mapping[str, str | int] | None = None,
        media: str = V10,
    ) -> T:
        """Read one thing."""
        return await self._client.send(
            operation, "GET", f"{self._base}{path}", into, subject=subject, params=params, headers={"Accept": media}
        )

    async def _send(
        self, operation: Operation, method: str, path: str, body: object = None, *, subject: str = "", media: str = V10
    ) -> httpx.Response:
        """Send one thing, and return the answer unread."""
        headers = {"Accept": media}
        content = None
        if body is not None:
            headers["Content-Type"] = media
            content = ENCODER.encode(body)
        return await self._client.exchange(
            operation, method, f"{self._base}{path}", subject=subject, headers=headers, content=content
        )

    async def _start(
        self, operation: Operation, method: str, path: str, body: object = None, *, subject: str
    ) -> ProcessRef:
        """Ask for something that is carried out later, and return what to ask about its outcome."""
        answer = await self._send(operation, method, path, body, subject=subject)
        started = self._client.decode(answer.content or b"null", wire.ProcessStatus)
        if not started.process_status_id:
            raise UnexpectedPayloadError(channel=NAME, reason="it started something and gave it no process status id")
        return started.process_status_id

    async def process_states(self, refs: Sequence[ProcessRef]) -> list[ProcessReport]:
        """Ask for up to a thousand at a time; those that bol leaves out it has forgotten.

        A ref can stand for several processes, which together succeed or fail: see :data:`TOGETHER`.
        """
        single = list(dict.fromkeys(part for ref in refs for part in ref.split(TOGETHER)))
        found: dict[str, wire.ProcessStatus] = {}
        for start in range(0, len(single), PROCESSES_AT_ONCE):
            asked = single[start : start + PROCESSES_AT_ONCE]
            body = {"processStatusQueries": [{"processStatusId": ref} for ref in asked]}
            try:
                answer = await self._send(PROCESSES, "POST", "/shared/process-status", body)
            except ChannelThingMissingError:
                continue
            statuses = self._client.decode(answer.content or b"null", wire.ProcessStatuses).process_statuses
            found |= {status.process_status_id: status for status in statuses if status.process_status_id}
        return [_together(ref, [_report(part, found) for part in ref.split(TOGETHER)]) for ref in refs]


def _report(ref: ProcessRef, found: Mapping[str, wire.ProcessStatus]) -> ProcessReport:
    return found[ref].translate(ref) if ref in found else ProcessReport(ref=ref, state=ProcessState.GONE)


GRAVEST = (
    ProcessState.FAILED,
    ProcessState.PENDING,
    ProcessState.TIMED_OUT,
    ProcessState.GONE,
    ProcessState.SUCCEEDED,
)


def _together(ref: ProcessRef, parts: Sequence[ProcessReport]) -> ProcessReport:
    """Return one report about parts of one thing: it is as far as the one that is worst off."""
    worst = min(parts, key=lambda report: GRAVEST.index(report.state))
    return ProcessReport(ref=ref, state=worst.state, message=worst.message, result=worst.result)


ENCODER = msgspec.json.Encoder(decimal_format="number")
"""bol wants amounts as numbers."""
