"""What the jobs of this slice are told."""

import msgspec


class FetchPictures(msgspec.Struct, frozen=True):
    """Fetch pictures of watched products that were not fetched yet."""
