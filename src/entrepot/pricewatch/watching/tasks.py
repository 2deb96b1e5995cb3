"""What the jobs of this slice are told.  Apart from the jobs themselves, so that services can enqueue them."""

import msgspec


class CheckDue(msgspec.Struct, frozen=True):
    """Check every listing whose time has come, of all sellers."""


class MakePartitions(msgspec.Struct, frozen=True):
    """Make the partitions of the months to come."""
