"""What the seller enters to connect Sendcloud."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from entrepot.fulfilment.contract import Credentials
from entrepot.kit.text import N_


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.query:
        msg = N_("Enter an address such as https://panel.sendcloud.sc/api/v3.")
        raise ValueError(msg)
    return value.rstrip("/")


class SendcloudCredentials(Credentials):
    """Access to one Sendcloud integration."""

    public_key: Annotated[
        str,
        Field(
            title=N_("Public key"),
            description=N_("In Sendcloud: Settings → Integrations → Sendcloud API."),
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x39\x3b-\x7e]+$",  # printable ASCII without the colon that Basic sign-in ends it with
        ),
    ]
    secret_key: Annotated[
        SecretStr,
        Field(title=N_("Secret key"), description=N_("Shown there once, when the integration is made."), min_length=1),
    ]
    api_url: Annotated[
        Annotated[str, AfterValidator(_web_address)],
        Field(
            title=N_("API address"),
            description=N_("Change it only to use a simulated Sendcloud."),
            json_schema_extra={"advanced": True},
        ),
    ] = "https://panel.sendcloud.sc/api/v3"
