"""A workstation with printers."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.printing.refs import PrinterRef, WorkstationRef
from entrepot.printing.stations import StationService
from tests.conftest import principal_for

ZEBRA = {"name": "Zebra", "kind": "zpl", "connection": "network", "address": "127.0.0.1:9100", "media": "102x152"}
OFFICE = {"name": "Office", "kind": "sheets", "connection": "queue", "address": "Brother_HL"}
LABEL = b"^XA^FO20,20^A0N,40,40^FDhello^FS^XZ"
SHEET = b"%PDF-1.7\n%nothing much\n"


async def make_station(session: AsyncSession, seller: SellerRef, **zebra: str) -> tuple[WorkstationRef, PrinterRef]:
    """Make a workstation with a thermal printer for labels."""
    service = StationService(session)
    station = await service.create(principal_for(seller), "Packing 1", None)
    return station, await service.add_printer(station.id, {**ZEBRA, **zebra})


@pytest.fixture
async def packing(session: AsyncSession, seller: SellerRef) -> tuple[WorkstationRef, PrinterRef]:
    return await make_station(session, seller)
