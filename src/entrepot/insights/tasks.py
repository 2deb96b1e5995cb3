"""What the jobs of reports are told.  Apart from the jobs, so that services can enqueue them."""

from uuid import UUID

import msgspec


class MakeDailyReports(msgspec.Struct, frozen=True):
    """Make and send the report of every day that is over."""


class SendDailyReport(msgspec.Struct, frozen=True):
    """Mail one report to one person."""

    seller_id: UUID
    report_id: UUID
    user_id: UUID
