"""What the catalogue refuses."""

from entrepot.kit.errors import ConflictError, NotFoundError
from entrepot.kit.text import N_


class UnknownProductError(NotFoundError):
    """No such product, or not for the caller."""

    code = "catalog.unknown_product"
    title = N_("Unknown product")
    message = N_("There is no product {product}. It may belong to another seller; search for its SKU.")


class ProductChangedError(ConflictError):
    """Somebody else saved the product first."""

    code = "catalog.product_changed_meanwhile"
    title = N_("Changed meanwhile")
    message = N_("{sku} was changed by someone else since you opened it. Open it again and repeat your change; nothing was saved.")  # fmt: skip


class SkuTakenError(ConflictError):
    """Two requests made the same product at the same moment."""

    code = "catalog.sku_taken"
    title = N_("SKU taken")
    message = N_("A product with the SKU {sku} was made at the same moment. Open that one, or choose another SKU.")
