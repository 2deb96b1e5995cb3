"""bol's words about the shipping labels it sells."""

from decimal import Decimal

from entrepot.connectors.bol.wire import Wire


class LabelPrice(Wire, frozen=True):
    """What a label costs."""

    total_price: Decimal


class DeliveryOption(Wire, frozen=True):
    """A label that can be bought for some order items."""

    shipping_label_offer_id: str
    label_price: LabelPrice
    label_type: str = ""
    transporter_code: str = ""
    recommended: bool = False


class DeliveryOptions(Wire, frozen=True):
    """``POST /retailer/shipping-labels/delivery-options``."""

    delivery_options: tuple[DeliveryOption, ...] = ()
