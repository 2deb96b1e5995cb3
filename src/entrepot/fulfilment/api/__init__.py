"""The floor for programs."""

from entrepot.fulfilment.api import floor, stations

ROUTES = [*stations.ROUTES, *floor.ROUTES]
