"""The trays of a site, and where they are."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boxing.errors import ContainerInUseError, ContainerNotFoundError
from entrepot.fulfilment.boxing.repository import ContainerRef, ContainerRepository
from entrepot.fulfilment.packaging.errors import CodeTakenError, PackingFormError
from entrepot.fulfilment.packaging.weighing import LONGEST, Packaging
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_


class Trays:
    """Containers that are used again and again."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._containers = ContainerRepository(session)

    async def all(self, seller_id: UUID) -> list[ContainerRef]:
        """Return every tray."""
        return await self._containers.trays(seller_id)

    async def add(self, seller_id: UUID, code: str) -> ContainerRef:
        """Add a tray by the barcode on it.

        Raises:
            PackingFormError: no barcode.
            CodeTakenError: a tray or a kind of box has it.
        """
        barcode = code.strip().upper()[:LONGEST]
        if not barcode:
            raise PackingFormError({"code": N_("Enter the barcode on the tray.")})
        known = await Packaging(self._session).kind_called(seller_id, barcode)
        if known is not None or await self._containers.called(seller_id, barcode) is not None:
            raise CodeTakenError(code=barcode)
        tray_id = new_id()
        row = {"id": tray_id, "seller_id": seller_id, "code": barcode, "kind": "tray", "state": "free"}
        await self._containers.insert(row)
        found = await self._containers.container(tray_id)
        assert found is not None  # noqa: S101 -- it was made a moment ago
        return found

    async def remove(self, tray_id: UUID) -> None:
        """Take a tray out of use.

        Raises:
            ContainerNotFoundError: there is no such tray.
            ContainerInUseError: it carries an order.
        """
        found = await self._containers.container(tray_id, lock=True)
        if found is None or found.kind != "tray":
            raise ContainerNotFoundError(code=str(tray_id))
        if found.order_id is not None:
            raise ContainerInUseError(code=found.code, number=found.order_number, name=found.used_by or "–")
        await self._containers.remove(tray_id)
