"""What documents refuse."""

from entrepot.kit.errors import NotFoundError, RefusedError
from entrepot.kit.text import N_


class UnknownDocumentError(NotFoundError):
    """No such document, or not for the caller."""

    code = "documents.unknown"
    title = N_("Unknown document")
    message = N_("There is no such document. It may have been removed, or belong to another seller.")


class EmptyFileError(RefusedError):
    """Nothing in it."""

    code = "documents.empty_file"
    title = N_("Empty file")
    message = N_("The file {name} is empty. Choose another one.")


class TooManyDocumentsError(RefusedError):
    """More than a page can show."""

    code = "documents.too_many"
    title = N_("Too many documents")
    message = N_("At most {limit} documents can be attached here. Remove one first.")
