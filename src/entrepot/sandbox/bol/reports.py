"""The CSV export of all offers, and what lies in bol's warehouse."""

import csv
import io
from collections.abc import Iterable
from http import HTTPStatus
from typing import Literal

import msgspec

from entrepot.sandbox.bol.processes import accepted
from entrepot.sandbox.bol.service import V10, BolService, absent, decode, encode, whole_number
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import ExportInstruction, Offer
from entrepot.sandbox.wire import Answer, Call, Endpoint

V10_CSV = "application/vnd.retailer.v10+csv"
PAGE_SIZE = 50
_MOST_PAGES = 100_000
_HEADER = [
    "offerId",
    "ean",
    "conditionName",
    "conditionCategory",
    "conditionComment",
    "bundlePricesPrice",
    "fulfilmentDeliveryCode",
    "stockAmount",
    "onHoldByRetailer",
    "fulfilmentType",
    "mutationDateTime",
    "referenceCode",
]


class _Wish(msgspec.Struct):
    format: Literal["CSV"]


class BolReports:
    """Files and lists about everything a seller has."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("POST", "/retailer/offers/export", self.request, V10, mutates=True),
            Endpoint("GET", "/retailer/offers/export/{report-id}", self.export, V10_CSV),
            Endpoint("GET", "/retailer/inventory", self.inventory, V10, lists=True),
        ]

    def request(self, account: Account, call: Call) -> Answer:
        decode(call, _Wish)
        return accepted(self._world, account, ExportInstruction())

    def export(self, account: Account, call: Call) -> Answer:
        report_id = call.parameters["report-id"]
        if not any(
            process.result == report_id and process.event_type == "CREATE_OFFER_EXPORT"
            for process in account.processes.processes.values()
        ):
            raise absent(call, f"Report {report_id}")
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows(_row(offer) for offer in account.offers.after(-1))
        return Answer(HTTPStatus.OK, text.getvalue().encode(), V10_CSV)

    def inventory(self, account: Account, call: Call) -> Answer:
        page = whole_number(call, "page", 1, 1, _MOST_PAGES)
        held = [offer for offer in account.offers.after(-1) if offer.method == "FBB"]
        cut = held[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        if not cut and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, encode({"inventory": list(self._items(account, cut))}), V10)

    def _items(self, account: Account, offers: Iterable[Offer]) -> Iterable[dict[str, object]]:
        for offer in offers:
            yield {
                "ean": offer.ean,
                "bsku": str(2_950_000_000_000 + account.offers.place(offer)),
                "gradedStock": self._world.dice.below(4, offer.offer_id, "graded"),
                "regularStock": offer.corrected_stock,
                "title": offer.title,
            }


def _row(offer: Offer) -> list[object]:
    category = str(offer.condition.get("category", "NEW"))
    return [
        offer.offer_id,
        offer.ean,
        str(offer.condition.get("state", category)),
        category,
        str(offer.condition.get("comment", "")),
        offer.prices[0].unit_price,
        "24uurs-22",
        offer.amount,
        "true" if offer.on_hold else "false",
        offer.method,
        f"{offer.modified:%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC",
        offer.reference,
    ]
