"""Sendcloud: one account for many carriers in Europe, by its API v3."""

from entrepot.connectors.sendcloud.connector import Sendcloud
from entrepot.connectors.sendcloud.credentials import SendcloudCredentials
from entrepot.fulfilment.contract import CarrierCapability, CarrierService, CarrierSpec
from entrepot.kit.text import N_

SPEC = CarrierSpec(
    key="sendcloud",
    code="other",
    name="Sendcloud",
    website="https://www.sendcloud.com",
    help_url="https://app.sendcloud.com/v2/settings/integrations",
    capabilities=frozenset(
        {
            CarrierCapability.LABELS,
            CarrierCapability.CANCEL_LABELS,
            CarrierCapability.TRACKING,
            CarrierCapability.SERVICES,
            CarrierCapability.QUOTES,
        }
    ),
    services=(CarrierService("sendcloud:letter", N_("Unstamped letter (free, to try)")),),
    credentials=SendcloudCredentials,
    connect=Sendcloud,
    limits=(N_("15 requests in a second for one integration; Sendcloud's own answers tell when it is reached."),),
    quirks=(
        N_("What can be booked depends on the account's contracts: the services are read from Sendcloud."),
        N_("Pick-up points are listed by Sendcloud's older API v2 only, which is not used."),
        N_("A label for thermal printers is kept where the carrier behind Sendcloud makes one."),
    ),
)
