"""What bol calls carriers: its transporter codes (its documentation on transporters, 2026-04)."""

from entrepot.channels.contract import ChannelCarrier

CARRIERS = (
    ChannelCarrier(code="TNT", name="PostNL", known_as=("postnl", "tnt post", "postnl pakket")),
    ChannelCarrier(code="TNT-EXTRA", name="PostNL Extra@Home"),
    ChannelCarrier(code="TNT_BRIEF", name="PostNL letter", known_as=("postnl brief", "postnl_letter")),
    ChannelCarrier(code="TNT-EXPRESS", name="TNT Express", known_as=("tnt",)),
    ChannelCarrier(code="DHLFORYOU", name="DHL eCommerce", known_as=("dhl", "dhl_parcel", "dhl_parcel_nl", "dhl_nl")),
    ChannelCarrier(code="DHL", name="DHL Express", known_as=("dhl_express",)),
    ChannelCarrier(code="DHL_DE", name="DHL Germany", known_as=("dhl_paket",)),
    ChannelCarrier(code="DHL-GLOBAL-MAIL", name="DHL Global Mail"),
    ChannelCarrier(code="DPD-NL", name="DPD Netherlands", known_as=("dpd", "dpd_nl")),
    ChannelCarrier(code="DPD-BE", name="DPD Belgium"),
    ChannelCarrier(code="BPOST_BE", name="bpost", known_as=("bpost",)),
    ChannelCarrier(code="BPOST_BRIEF", name="bpost letter"),
    ChannelCarrier(code="GLS", name="GLS"),
    ChannelCarrier(code="UPS", name="UPS"),
    ChannelCarrier(code="FEDEX_NL", name="FedEx Netherlands", known_as=("fedex",)),
    ChannelCarrier(code="FEDEX_BE", name="FedEx Belgium"),
    ChannelCarrier(code="DYL", name="Dynalogic"),
    ChannelCarrier(code="TSN", name="Thuisbezorgd Service Netwerk"),
    ChannelCarrier(code="FIEGE", name="Fiege"),
    ChannelCarrier(code="TRANSMISSION", name="TransMission"),
    ChannelCarrier(code="PARCEL-NL", name="Parcel.nl"),
    ChannelCarrier(code="LOGOIX", name="Logoix"),
    ChannelCarrier(code="PACKS", name="Packs"),
    ChannelCarrier(code="COURIER", name="Own courier", known_as=("own_courier",)),
    ChannelCarrier(code="RJP", name="Red je pakketje"),
    ChannelCarrier(code="BRIEFPOST", name="Letter post"),
    ChannelCarrier(code="OTHER", name="Another carrier"),
)
"""Everything a shipment may name."""


def transporter_code(carrier: str) -> str:
    """Return bol's code for one of our carriers or its name; ``OTHER`` for one it does not know."""
    said = carrier.strip().lower().replace("-", "_")
    for one in CARRIERS:
        if said in {one.code.lower().replace("-", "_"), one.name.lower(), *one.known_as}:
            return one.code
    return "OTHER"
