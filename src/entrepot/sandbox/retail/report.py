"""The account of what became of every row of the data set."""

from collections import Counter

import msgspec


class ImportReport(msgspec.Struct):
    """Counts of rows by what was done with them; the first group of counts adds up to ``rows``."""

    rows: int = 0

    sold_rows: int = 0
    """Became an order item of their own."""
    merged_rows: int = 0
    """Repeated a product at the same price inside one invoice: their units were added to the first line."""
    fee_rows: Counter[str] = msgspec.field(default_factory=Counter[str])
    """Dropped: postage, fees, discounts, samples and manual entries, by pseudo-product."""
    zero_price_rows: int = 0
    """Dropped: goods given away, lost or found; nobody bought them."""
    adjustment_rows: int = 0
    """Dropped: negative quantities on a sales invoice, corrections of the shop's own stock."""
    full_cancellation_rows: int = 0
    """The buyer asks to cancel the whole of an earlier order item."""
    partial_cancellation_rows: int = 0
    """Part of an earlier order item is cancelled."""
    unmatched_cancellation_rows: int = 0
    """Dropped: the order they cancel lies before the first day of the data set, or was cancelled already."""
    fee_cancellation_rows: Counter[str] = msgspec.field(default_factory=Counter[str])
    """Dropped: cancelled postage, fees, discounts and manual entries, by pseudo-product."""

    sales_invoices: int = 0
    cancellation_invoices: int = 0
    orders: int = 0
    """Sales invoices with at least one line that a buyer can have bought."""
    invoices_without_goods: int = 0
    """Sales invoices of which nothing was left."""

    second_price_items: int = 0
    """Order items for a product that the same order already has at another price."""
    bundle_items: int = 0
    """Order items for one of our invented bundles, added to real orders."""
    capped_cancellations: int = 0
    """Cancellations of more units than the order item still had; cut down to what it had."""
    lower_case_codes: int = 0
    """Rows whose stock code was written in lower case."""
    untidy_titles: int = 0
    """Rows whose description had spaces at its ends or several in a row."""
    raised_prices: int = 0
    """Products whose price was raised to bol.com's minimum of one euro."""
    orders_over_a_shipment: int = 0
    """Orders of more than 100 items, which bol.com can only be told about in several shipments."""
    rows_without_customer: int = 0
    """Rows without a customer number; each such order gets a buyer of its own."""

    def accounted_rows(self) -> int:
        """The sum of the first group; equal to ``rows`` when no row was forgotten."""
        return (
            self.sold_rows
            + self.merged_rows
            + self.fee_rows.total()
            + self.zero_price_rows
            + self.adjustment_rows
            + self.full_cancellation_rows
            + self.partial_cancellation_rows
            + self.unmatched_cancellation_rows
            + self.fee_cancellation_rows.total()
        )
