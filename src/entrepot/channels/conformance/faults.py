"""What goes wrong outside, and the error each fault must become."""

from functools import partial

import httpx
import pytest

from entrepot.channels.conformance.candidate import Candidate
from entrepot.channels.conformance.exercises import exercise
from entrepot.channels.contract import Capability
from entrepot.channels.errors import (
    ChannelAwayError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedPayloadError,
)
from entrepot.kit.errors import EntrepotError


def answers(status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> httpx.MockTransport:
    """Return a channel that always answers the same."""
    return httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))


def _fails(error: type[httpx.RequestError], request: httpx.Request) -> httpx.Response:
    raise error("it breaks", request=request)


FAULTS: dict[str, tuple[httpx.MockTransport, type[EntrepotError]]] = {
    "token expired": (answers(401), CredentialsRejectedError),
    "right withdrawn": (answers(403), CredentialsRejectedError),
    "too fast": (answers(429, headers={"Retry-After": "7"}), RateLimitedError),
    "too fast, does not say how long": (answers(429), RateLimitedError),
    "refused": (answers(422), RequestRejectedError),
    "broken": (answers(500), ChannelAwayError),
    "in maintenance": (answers(503, b"<html>REPLACED</html>"), ChannelAwayError),
    "silent": (httpx.MockTransport(partial(_fails, httpx.ReadTimeout)), ChannelAwayError),
    "breaks off": (httpx.MockTransport(partial(_fails, httpx.ReadError)), ChannelAwayError),
    "answers a web page": (answers(200, b"<html>"), UnexpectedPayloadError),
    "answers half": (answers(200, b'{"access_token": "REPLA'), UnexpectedPayloadError),
    "redirects": (answers(302, headers={"Location": "http://169.254.169.254/"}), UnexpectedPayloadError),
}


class SignsIn(httpx.AsyncBaseTransport):
    """Signs in as recorded, and leaves the rest to *then*: what fails is the request itself."""

    def __init__(self, candidate: Candidate, then: httpx.AsyncBaseTransport) -> None:
        self._sign_in = candidate.recording("check").exchanges[0]
        self._then = then

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == self._sign_in.request.url:
            return httpx.Response(self._sign_in.response.status, json=self._sign_in.response.body)
        return await self._then.handle_async_request(request)


@pytest.mark.parametrize("signed_in", [False, True], ids=["at sign-in", "after sign-in"])
@pytest.mark.parametrize(("transport", "expected"), FAULTS.values(), ids=FAULTS)
async def test_tells_faults_apart(
    candidate: Candidate,
    capability: Capability,
    transport: httpx.MockTransport,
    expected: type[EntrepotError],
    *,
    signed_in: bool,
) -> None:
    recording = candidate.recording(capability)
    if not recording.exchanges:
        pytest.skip("asks the channel nothing")
    signs_in = candidate.recording("check").signs_in
    if signed_in and not signs_in:
        pytest.skip("every request proves itself")
    connector = candidate.connect(SignsIn(candidate, transport) if signed_in else transport)
    if signs_in and not signed_in and expected is RequestRejectedError:
        expected = CredentialsRejectedError  # a sign-in that is refused, whatever the status
    if (
        (signed_in or not signs_in)
        and capability is Capability.PUBLISH_STOCK
        and expected in {RequestRejectedError, UnexpectedPayloadError}
    ):
        pytest.skip("each offer has its own outcome; its answer has no body")

    with pytest.raises(expected) as caught:
        await exercise(connector, capability, recording.given)

    assert "REPLACED" not in f"{caught.value.detail} {caught.value.facts}", "an error shows a secret"
    if isinstance(caught.value, RateLimitedError):
        assert caught.value.retry_after > 0
