"""What imports refuse."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class UnknownImportError(NotFoundError):
    """No such import or kind of import, or not for the caller."""

    code = "imports.unknown"
    title = N_("Unknown import")
    message = N_("There is no import {what}. It may belong to another seller, or was discarded.")


class ColumnsMissingError(RefusedError):
    """Needed columns are not mapped."""

    code = "imports.columns_missing"
    title = N_("Columns missing")
    message = N_("Choose which column of the file holds: {columns}.")


class TooManyRowsError(RefusedError):
    """More rows than one import takes."""

    code = "imports.too_many_rows"
    title = N_("Too many rows")
    message = N_("The file has more than {limit} rows. Cut it into smaller files.")


class ImportStartedError(ConflictError):
    """The import runs or has run."""

    code = "imports.started"
    title = N_("Already started")
    message = N_("This import was started before. Its page shows how far it is.")


class NothingSentError(RefusedError):
    """Neither a file nor pasted text."""

    code = "imports.nothing_sent"
    title = N_("Nothing to import")
    message = N_("Choose a CSV file, or paste rows copied from a spreadsheet.")
