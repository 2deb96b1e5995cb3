"""What the seller enters to connect a Temu shop."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from entrepot.channels.contract import Credentials
from entrepot.kit.text import N_

GATEWAYS = {
    "eu": "https://openapi-b-eu.temu.com/openapi/router",
    "us": "https://openapi-b-us.temu.com/openapi/router",
    "global": "https://openapi-b-global.temu.com/openapi/router",
}
"""Where each region's shops are served.  A token of one region is unknown in the others."""


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.query):
        raise ValueError(N_("Enter an address such as https://openapi-b-eu.temu.com/openapi/router."))
    return value.rstrip("/")


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < KEY_BYTES:
        raise ValueError(N_("An app secret has at least 16 characters: check that all of it was copied."))
    return value


KEY_BYTES = 16
"""The first bytes of the app secret are the key that notices are encrypted with."""


class TemuCredentials(Credentials):
    """Access of one app to one Temu shop."""

    app_key: Annotated[
        str,
        Field(
            title=N_("App key"),
            description=N_("From the Temu Partner Platform: App management → your app."),
            min_length=1,
            max_length=200,
        ),
    ]
    app_secret: Annotated[
        SecretStr,
        AfterValidator(_long_enough),
        Field(title=N_("App secret"), description=N_("Shown beside the app key."), min_length=1),
    ]
    access_token: Annotated[
        SecretStr,
        Field(
            title=N_("Access token"),
            description=N_(
                "From the Seller Center: Apps and services → Manage your apps, after you authorised the app. It ends"
                " after some months; you are warned two weeks before."
            ),
            min_length=1,
        ),
    ]
    region: Annotated[
        Literal["eu", "us", "global"],
        Field(
            title=N_("Region"),
            description=N_("Where the shop sells. The token is known in this region only."),
            json_schema_extra={
                "choices": {"eu": N_("Europe (eu)"), "us": N_("United States (us)"), "global": N_("Elsewhere (global)")}
            },
        ),
    ] = "eu"
    gateway: Annotated[
        str,
        AfterValidator(_web_address),
        Field(
            title=N_("Gateway address"),
            description=N_("Leave it empty for the address of the region. Change it only to use a simulated Temu."),
            json_schema_extra={"advanced": True},
        ),
    ] = ""
    shape: Annotated[
        Literal["flat", "nested"],
        Field(
            title=N_("Shape of requests"),
            description=N_(
                "flat: parameters stand beside the common ones, as Temu documents it. nested: inside “request”, which"
                " some gateways want."
            ),
            json_schema_extra={"advanced": True},
        ),
    ] = "flat"
    warehouse: Annotated[
        str,
        Field(
            title=N_("Warehouse at Temu"),
            description=N_("Id of the warehouse that shipments leave from. Leave it empty for the default one."),
            max_length=100,
            json_schema_extra={"advanced": True},
        ),
    ] = ""

    @property
    def url(self) -> str:
        """Where requests go."""
        return self.gateway or GATEWAYS[self.region]
