"""What must be scanned before something counts as picked, and what a label gives away."""

from datetime import date

from entrepot.fulfilment.errors import ToteFirstError, ToteMissingError
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
    line: PickLineRef,
    rules: SiteSettings,
    *,
    product: bool = False,
    location: bool = False,
    lot: str = "",
    tote: str | None = None,
) -> None:
    """Check that everything was scanned that the site wants scanned: none of it is inferred.

    Args:
        line: what is picked.
        rules: what the site wants scanned.
        product: it was scanned.
        location: it was scanned just now.
        lot: that was scanned just now.
        tote: that was scanned, of a cart; None: the goods go into no tote, or it is asked for later.

    Raises:
        LocationFirstError, ProductFirstError, LotFirstError, ToteFirstError: scan that first.
        ToteMissingError: the order has none yet.
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
    if rules.scan_tote and tote is not None:
        if not line.tote:
            raise ToteMissingError(number=line.order_number)
        if tote.strip().casefold() != line.tote.casefold():
            raise ToteFirstError(sku=line.sku, tote=line.tote, number=line.order_number)
