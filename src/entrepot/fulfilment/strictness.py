"""What must be scanned before something counts as picked, and what a label gives away."""

from datetime import date

from entrepot.fulfilment.refs import PickLineRef
from entrepot.fulfilment.way.errors import (
    ExpiredLotError,
    LocationFirstError,
    LotFirstError,
    ProductFirstError,
    WrongLotError,
)
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.kit.gs1 import Gs1Label


def check_label(label: Gs1Label, line: PickLineRef, today: date) -> None:
    """Check what the maker's label says about lot and expiry.

    Raises:
        ExpiredLotError: it is past its date.
        WrongLotError: another lot is promised to the order.
    """
    if label.expires_on is not None and label.expires_on < today:
        raise ExpiredLotError(sku=line.sku, lot=label.lot or "?", expired=label.expires_on.isoformat())
    if line.lot and label.lot and label.lot.casefold() != line.lot.casefold():
        raise WrongLotError(scanned=label.lot, lot=line.lot, sku=line.sku, location=line.location_code)


def check_scanned(
    line: PickLineRef, rules: SiteSettings, *, product: bool = False, location: bool = False, lot: str = ""
) -> None:
    """Check that everything was scanned that the site wants scanned: none of it is inferred.

    Raises:
        LocationFirstError, ProductFirstError, LotFirstError: scan that first.
        WrongLotError: another lot is promised to the order.
    """
    if rules.scan_location and not location and line.located_at is None:
        raise LocationFirstError(sku=line.sku, location=line.location_code)
    if rules.scan_product and not product:
        raise ProductFirstError(sku=line.sku, location=line.location_code)
    said = lot or line.lot_scanned
    if line.lot and said and said.casefold() != line.lot.casefold():
        raise WrongLotError(scanned=said, lot=line.lot, sku=line.sku, location=line.location_code)
    if rules.scan_lot and line.lot and not said:
        raise LotFirstError(sku=line.sku, lot=line.lot, location=line.location_code)
