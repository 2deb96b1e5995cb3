"""What the seller enters to connect DHL."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from entrepot.fulfilment.contract import Credentials
from entrepot.kit.text import N_


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.query:
        msg = N_("Enter an address such as https://api-eu.dhl.com.")
        raise ValueError(msg)
    return value.rstrip("/")


class DhlCredentials(Credentials):
    """Access for one business customer of DHL Paket."""

    api_key: Annotated[
        SecretStr,
        Field(
            title=N_("API key"),
            description=N_("Of your app on developer.dhl.com, for “Parcel DE Shipping” and “Shipment Tracking”."),
            min_length=1,
        ),
    ]
    username: Annotated[
        str,
        Field(
            title=N_("User name"),
            description=N_("Of the business customer portal: best a system user made for this."),
            min_length=1,
            max_length=100,
            pattern=r"^[\x21-\x39\x3b-\x7e]+$",  # printable ASCII without the colon that Basic sign-in ends it with
        ),
    ]
    password: Annotated[SecretStr, Field(title=N_("Password"), min_length=1)]
    ekp: Annotated[
        str,
        Field(
            title=N_("Customer number (EKP)"), description=N_("Ten digits, on your contract."), pattern=r"^[0-9]{10}$"
        ),
    ]
    participation: Annotated[
        str,
        Field(
            title=N_("Participation"),
            description=N_("The last two characters of your billing number, mostly 01."),
            pattern=r"^[0-9A-Za-z]{2}$",
            json_schema_extra={"advanced": True},
        ),
    ] = "01"
    profile: Annotated[
        str,
        Field(
            title=N_("Group profile"),
            description=N_("Of the user in the portal; leave it unless you made one."),
            min_length=1,
            max_length=35,
            json_schema_extra={"advanced": True},
        ),
    ] = "STANDARD_GRUPPENPROFIL"
    api_url: Annotated[
        Annotated[str, AfterValidator(_web_address)],
        Field(
            title=N_("API address"),
            description=N_("https://api-sandbox.dhl.com to try; otherwise leave it."),
            json_schema_extra={"advanced": True},
        ),
    ] = "https://api-eu.dhl.com"
