"""What is refused about invoices, and what may be wrong with one."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class SourceNotFoundError(NotFoundError):
    """No such source, or not one of the caller's."""

    code = "orders.invoice_source_not_found"
    title = N_("Unknown source of invoices")
    message = N_(
        "There is no source of invoices called {source}. Make it under Invoices, Sources, or correct the name."
    )


class InvoiceNotFoundError(NotFoundError):
    """No such invoice, or not one of the caller's."""

    code = "orders.invoice_not_found"
    title = N_("Unknown invoice")
    message = N_("There is no invoice {number}. It may belong to another seller or source; look for it under Invoices.")


class SourceTakenError(ConflictError):
    """The key is in use."""

    code = "orders.invoice_source_taken"
    title = N_("Name taken")
    message = N_("There already is a source of invoices called {source}. Choose another short name.")


class FolderTakenError(ConflictError):
    """Two sources never share a folder."""

    code = "orders.invoice_folder_taken"
    title = N_("Folder taken")
    message = N_("The folder {folder} belongs to another source. Choose another name.")


class TooManyInvoicesError(RefusedError):
    """More than one request takes."""

    code = "orders.too_many_invoices"
    title = N_("Too many invoices")
    message = N_("{count} invoices in one request; {most} is the most. Send them in several requests.")


class NotWaitingError(RefusedError):
    """Nobody has to look at it."""

    code = "orders.invoice_not_waiting"
    title = N_("Nothing to settle")
    message = N_("Invoice {number} does not wait for anybody. Reload the page to see where it stands.")


class WrongProductError(RefusedError):
    """A code cannot mean what the catalogue does not have."""

    code = "orders.invoice_wrong_product"
    title = N_("Unknown SKU")
    message = N_("The catalogue has no product {sku} that can be sold. Check the SKU, or add the product first.")


class VoidRangeError(RefusedError):
    """Not a range of numbers that could be void."""

    code = "orders.invoice_void_range"
    title = N_("No such range")
    message = N_("Give the first and the last void number, at most {most} at once, and say why they are void.")


class InvoiceShippedError(RefusedError):
    """Its goods left."""

    code = "orders.invoice_shipped"
    title = N_("Already shipped")
    message = N_("Invoice {number}: the goods of order {order} have left. Register a return when they come back.")


class CreditStandsError(RefusedError):
    """What a credit note took is no longer on the order."""

    code = "orders.invoice_credit_stands"
    title = N_("Credit note taken")
    message = N_("Credit note {number} has taken goods back, and that stays so. For goods that are to be sent after all send an invoice with a new number.")  # fmt: skip


NUMBER_TAKEN = N_("There already is an order {order} that did not come from this source. Give the source an order prefix, then try again.")  # fmt: skip
UNKNOWN_CODE = N_("No product has the code “{code}”. Say which product it is, or add the product; the invoice is then taken by itself.")  # fmt: skip
NOTHING_LEFT = N_("None of the lines is goods. Correct the invoice, or dismiss it.")
PICKED = N_("Invoice {number} was changed, but goods of order {order} are picked ({status}). Send the order back to review on the floor and try again, or send a credit note.")  # fmt: skip
SHIPPED = N_("Invoice {number} was changed, but the goods of order {order} have left ({status}). Send a credit note, and an invoice with a new number.")  # fmt: skip
ORDER_CANCELLED = N_("Invoice {number} was changed, but its order {order} was cancelled here. Send it under a new number, or dismiss this.")  # fmt: skip
CANCELLED_BEFORE = N_("Invoice {number} was cancelled before. Send it under a new number, or dismiss this.")
NOTHING_TO_CREDIT = N_("Invoice {credits} is not here, so it cannot be credited. Bring it in first, then try again.")
NOT_AN_ORDER = N_("Invoice {credits} has no order yet. Settle what is wrong with it first, then try again.")
CREDIT_SHIPPED = N_("The goods of invoice {credits} (order {order}) have left. Register a return when they come back.")
CREDIT_PICKED = N_("Goods of invoice {credits} (order {order}) are picked, so a part of them cannot be taken back by itself. Send the order back to review on the floor.")  # fmt: skip
CREDIT_TOO_MUCH = N_(
    "The credit note takes back {units} of {code}, but invoice {credits} has only {open} left to send."
)
CREDIT_STANDS = N_("Credit note {number} has taken goods back, and that stays so. For goods that are to be sent after all send an invoice with a new number; dismiss this.")  # fmt: skip
WAS_INVOICE = N_("{number} came as an invoice before, and comes as a credit note now. Send the credit note under a number of its own; dismiss this.")  # fmt: skip
CREDITED_BEFORE = N_("Credit notes took back {units} of {code}, but invoice {number} has only {has} now. Send it with the goods it had before the credit notes, or cancel it and send one with a new number.")  # fmt: skip
SCATTERED = N_("The rows of invoice {number} do not stand together in the file, so only the first of them were taken. Sort the file by number and send it again, or check the rows put together here and take them.")  # fmt: skip
NOT_STORED = N_("The invoice cannot be stored: {reason}")
