"""What can go wrong with pictures."""

from entrepot.kit.errors import NotFoundError
from entrepot.kit.text import N_


class NoPictureError(NotFoundError):
    """No picture of the product is kept."""

    code = "pricewatch.no_picture"
    title = N_("No picture")
    message = N_("No picture of this product is kept. It is fetched some minutes after its page named one.")
