"""What the seller enters to connect a bol account."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from entrepot.channels.contract import Credentials
from entrepot.kit.text import N_


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.query:
        msg = N_("Enter an address such as https://api.bol.com.")
        raise ValueError(msg)
    return value.rstrip("/")


type Address = Annotated[str, AfterValidator(_web_address)]


class BolCredentials(Credentials):
    """Access to one bol retailer account."""

    client_id: Annotated[
        str,
        Field(
            title=N_("Client ID"),
            description=N_("From bol: Settings → Services → API settings."),
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x39\x3b-\x7e]+$",  # printable ASCII without the colon that Basic sign-in ends it with
        ),
    ]
    client_secret: Annotated[
        SecretStr,
        Field(title=N_("Client secret"), description=N_("Shown there once, when you make the pair."), min_length=1),
    ]
    api_url: Annotated[
        Address,
        Field(
            title=N_("API address"),
            description=N_("Change it only to use a simulated bol."),
            json_schema_extra={"advanced": True},
        ),
    ] = "https://api.bol.com"
    token_url: Annotated[
        Address,
        Field(
            title=N_("Sign-in address"),
            description=N_("Change it only to use a simulated bol."),
            json_schema_extra={"advanced": True},
        ),
    ] = "https://login.bol.com/token"  # noqa: S105 -- an address
