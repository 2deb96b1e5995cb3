"""What the price watch lets people import."""

from entrepot.pricewatch.watching.importing import IMPORT

IMPORTS = [IMPORT]
