"""The floor for programs."""

from entrepot.fulfilment.api import carriage, floor, stations

ROUTES = [*stations.ROUTES, *floor.ROUTES, *carriage.ROUTES]
