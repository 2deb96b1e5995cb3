"""Vehicles, and the areas in which our own drivers mostly drive."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.delivery.errors import AreaNotFoundError, DeliveryFormError, VehicleNotFoundError
from entrepot.fulfilment.delivery.repository import RouteRepository, VehicleRef
from entrepot.fulfilment.delivery.routing import Area, tidy_postcode
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

LONGEST_NAME = 60
LONGEST_PLATE = 20
MOST_POSTCODES = 200
COUNTRY_LETTERS = 2

NAME = N_("Enter a name of at most 60 letters.")
NAME_TAKEN = N_("There is one of this name already.")
POSTCODES = N_("Give postcodes as beginnings or ranges, separated by commas, such as 35, 3600-3699.")
COUNTRY = N_("Give the country as two letters, such as NL, or leave it empty.")


class Fleet:
    """Use cases of vehicles and areas."""

    def __init__(self, session: AsyncSession) -> None:
        self._routes = RouteRepository(session)

    async def vehicles(self) -> list[VehicleRef]:
        """Return every vehicle in scope, by name."""
        return await self._routes.vehicles()

    async def vehicle(self, vehicle_id: UUID) -> VehicleRef:
        """Return one vehicle.

        Raises:
            VehicleNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._routes.vehicles(vehicle_id)
        if not found:
            raise VehicleNotFoundError
        return found[0]

    async def save_vehicle(
        self, seller_id: UUID, name: str, plate: str = "", *, active: bool = True, vehicle_id: UUID | None = None
    ) -> UUID:
        """Add or change a vehicle.

        Raises:
            DeliveryFormError: no name, or one that is taken.
            VehicleNotFoundError: there is none to change.
        """
        chosen = vehicle_id or new_id()
        if vehicle_id is not None:
            seller_id = (await self.vehicle(vehicle_id)).seller_id
        name = await self._name("vehicle", seller_id, name, chosen)
        await self._routes.save_vehicle(
            {
                "id": chosen,
                "seller_id": seller_id,
                "name": name,
                "plate": plate.strip()[:LONGEST_PLATE],
                "active": active,
            }
        )
        return chosen

    async def areas(self) -> list[Area]:
        """Return every area in scope, by name."""
        return await self._routes.areas()

    async def save_area(
        self,
        seller_id: UUID,
        name: str,
        postcodes: Sequence[str],
        *,
        country: str = "",
        driver: tuple[str, str] = ("", ""),
        vehicle_id: UUID | None = None,
        area_id: UUID | None = None,
    ) -> UUID:
        """Add or change an area: *driver* is (id, name) of who mostly drives there.

        Raises:
            DeliveryFormError: a field makes no sense.
            AreaNotFoundError, VehicleNotFoundError
        """
        chosen = area_id or new_id()
        if area_id is not None:
            seller_id = (await self._area(area_id)).seller_id
        tidy = list(dict.fromkeys(one.strip().upper() for one in postcodes if one.strip()))
        problems: dict[str, str] = {}
        if len(tidy) > MOST_POSTCODES or any(not tidy_postcode(one.partition("-")[0]) for one in tidy):
            problems["postcodes"] = POSTCODES
        country = country.strip().upper()
        if country and (len(country) != COUNTRY_LETTERS or not country.isalpha() or not country.isascii()):
            problems["country"] = COUNTRY
        if problems:
            raise DeliveryFormError(problems)
        name = await self._name("delivery_area", seller_id, name, chosen)
        if vehicle_id is not None:
            await self.vehicle(vehicle_id)
        await self._routes.save_area(
            Area(
                id=chosen,
                seller_id=seller_id,
                name=name,
                country=country,
                postcodes=tidy,
                driver_id=driver[0],
                driver_name=driver[1],
                vehicle_id=vehicle_id,
            )
        )
        return chosen

    async def remove_area(self, area_id: UUID) -> None:
        """Forget an area; routes that were made for it stay."""
        await self._area(area_id)
        await self._routes.remove_area(area_id)

    async def _area(self, area_id: UUID) -> Area:
        found = await self._routes.areas(area_id=area_id)
        if not found:
            raise AreaNotFoundError
        return found[0]

    async def _name(self, table: str, seller_id: UUID, name: str, own: UUID) -> str:
        name = name.strip()
        if not name or len(name) > LONGEST_NAME:
            raise DeliveryFormError({"name": NAME})
        if await self._routes.name_taken(table, seller_id, name, own):
            raise DeliveryFormError({"name": NAME_TAKEN})
        return name
