"""Arguments of the jobs."""

import msgspec


class ForgetPages(msgspec.Struct, frozen=True):
    """Remove fetched pages and evidence that are old."""
