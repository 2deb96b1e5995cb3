"""The floor for programs."""

from entrepot.fulfilment.api import boards, carriage, floor, scanning, stations

ROUTES = [*boards.ROUTES, *stations.ROUTES, *floor.ROUTES, *carriage.ROUTES, *scanning.ROUTES]
