"""What the packing stations refuse about boxes, weights and rules."""

from entrepot.kit.errors import ConflictError, InvalidInputError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class WeightDiffersError(RefusedError):
    """The scales say something else than the goods."""

    code = "fulfilment.weight_differs"
    title = N_("The weight differs")
    message = N_(
        "The parcel of order {number} weighs {measured} g; its goods and box should weigh {expected} g, give or take {allowed} g. Look into it and weigh it again, or say why it is right."
    )


class TooHeavyError(RefusedError):
    """More than the box carries."""

    code = "fulfilment.too_heavy"
    title = N_("Too heavy for this box")
    message = N_("{weight} g are too much for box {box}: it carries {most} g. Take something out, or use another box.")


class BoxKindNotFoundError(NotFoundError):
    """No such kind of box."""

    code = "fulfilment.box_kind_not_found"
    title = N_("Box not found")
    message = N_("There is no kind of box “{code}”. Look under Packing stations which there are.")


class CodeTakenError(ConflictError):
    """Two things would have the same barcode."""

    code = "fulfilment.code_taken"
    title = N_("Barcode in use")
    message = N_("“{code}” is the barcode of another box or tray. Choose another one.")


class PackingFormError(InvalidInputError):
    """The form is not filled in rightly."""

    code = "fulfilment.packing_invalid"


class NoPaperError(NotFoundError):
    """There is nothing of the kind to print."""

    code = "fulfilment.no_paper"
    title = N_("Nothing to print")
    message = N_("Order {number} has no invoice attached. Attach it as a PDF on the page of the order.")
