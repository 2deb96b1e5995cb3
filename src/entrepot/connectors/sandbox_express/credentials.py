"""What the seller enters to connect Sandbox Express."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from entrepot.fulfilment.contract import Credentials
from entrepot.kit.text import N_


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.query:
        msg = N_("Enter an address such as http://127.0.0.1:9400.")
        raise ValueError(msg)
    return value.rstrip("/")


class SandboxExpressCredentials(Credentials):
    """Access to the carrier of one sandbox."""

    api_url: Annotated[
        Annotated[str, AfterValidator(_web_address)],
        Field(title=N_("Sandbox address"), description=N_("Where the sandbox runs, without a path.")),
    ]
    api_key: Annotated[
        SecretStr,
        Field(title=N_("API key"), description=N_("On the sandbox's own page, under Carrier."), min_length=1),
    ]
