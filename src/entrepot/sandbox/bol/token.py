"""Log-in: client credentials against an access token, in OAuth's form instead of the API's."""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from http import HTTPStatus

from entrepot.sandbox.bol.service import V10, BolService, encode, problem
from entrepot.sandbox.faults import Fault, FaultKind
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.wire import Answer, Call, Endpoint, Refusal

_JSON = "application/json;charset=UTF-8"


class BolLogin:
    """The log-in server; its caller is the account that proved who it is."""

    guarded_by_tokens = False

    def __init__(self, service: BolService) -> None:
        self._service = service
        self._world = service.world

    def endpoints(self) -> list[Endpoint[Account]]:
        return [Endpoint("POST", "/token", self.token, _JSON)]

    def token(self, account: Account, call: Call) -> Answer:
        grant = call.query.get("grant_type") or call.body.decode(errors="replace").partition("grant_type=")[2]
        if grant.partition("&")[0] != "client_credentials":
            return _refused(HTTPStatus.BAD_REQUEST, "unsupported_grant_type", "Only client_credentials is supported")
        body = {
            "access_token": self._service.tokens.issue(account),
            "token_type": "Bearer",
            "expires_in": self._world.options.token_seconds,
            "scope": "RETAILER",
        }
        return Answer(HTTPStatus.OK, encode(body), _JSON)

    def client(self, call: Call) -> str:
        client_id = _credentials(call)[0]
        return client_id if client_id in self._world.accounts else ""

    def admit(self, endpoint: Endpoint[Account], call: Call) -> tuple[Account, Mapping[str, str]]:
        """Check client id and secret."""
        del endpoint
        client_id, secret = _credentials(call)
        account = self._world.accounts.get(client_id)
        if (
            account is None
            or account.options.marketplace != "bol"
            or not hmac.compare_digest(secret.encode(), account.options.client_secret.encode())
        ):
            raise Refusal(_refused(HTTPStatus.UNAUTHORIZED, "invalid_client", "Bad client credentials"))
        return account, {}

    def problem(self, status: int, detail: str, call: Call) -> Answer:
        return problem(status, detail, call)

    def expire_tokens(self, call: Call) -> Answer:
        return self._service.expire_tokens(call)

    def after_import(self, caller: Account, call: Call, drawn: Mapping[FaultKind, Fault]) -> None:
        self._service.after_import(caller, call, drawn)


def _credentials(call: Call) -> tuple[str, str]:
    scheme, _, packed = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, _, secret = b64decode(packed, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return client_id, secret


def _refused(status: int, error: str, description: str) -> Answer:
    return Answer(status, encode({"error": error, "error_description": description}), V10)
