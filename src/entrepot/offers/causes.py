"""Why a channel shows what it shows of an offer: everything that plays a part, the weightiest first.  Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from entrepot.offers.domain import Derivation, Limit


class Cause(StrEnum):
    """One thing that plays a part."""

    NOT_OFFERED = "not_offered"
    PERHAPS_UNMATCHED = "perhaps_unmatched"
    GONE = "gone"
    BY_CHANNEL = "by_channel"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"
    REJECTED = "rejected"
    PAUSED_ACCOUNT = "paused_account"
    IMPORT_ONLY = "import_only"
    REFUSED = "refused"
    ON_HOLD = "on_hold"
    PAUSED = "paused"
    STOCK_PAUSED = "stock_paused"
    ARCHIVED = "archived"
    ERP_UNKNOWN = "erp_unknown"
    NO_STOCK = "no_stock"
    BUFFER = "buffer"
    MAXIMUM = "maximum"
    ERP_OLD = "erp_old"
    SENDING = "sending"
    DRIFTED = "drifted"
    WAITING = "waiting"
    IN_STEP = "in_step"


type Fact = str | int | datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause, and the facts its sentence names."""

    cause: Cause
    facts: dict[str, Fact] = field(default_factory=dict[str, Fact])


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything there is to know of an offer when somebody asks."""

    state: str
    account: str
    """Name of the channel account."""
    mode: str
    rejected: bool
    """Whether the channel refuses the account's credentials."""
    derivation: Derivation | None
    published: int | None
    channel_quantity: int
    problem: str
    on_hold: bool
    sending: bool
    oldest: timedelta
    """Numbers of an ERP that are older are too old."""
    gone_at: datetime | None = None
    last_seen_at: datetime | None = None
    next_at: datetime | None = None
    """When it is looked at again."""
    drifted: tuple[int, int] | None = None
    """What the channel was told, and what it said instead, if that is not repaired yet."""


def findings(situation: Situation, present: datetime) -> list[Finding]:
    """Return what plays a part, the weightiest first: never nothing."""
    found = [*_out_of_reach(situation)]
    if situation.state in {"gone", "by_channel", "ignored", "unmatched"}:
        return found
    found += _not_accepted(situation)
    if situation.derivation is not None:
        found += _held_back(situation.derivation)
        found += _too_old(situation.derivation, situation.oldest, present)
    found += _on_its_way(situation)
    return found or [Finding(Cause.IN_STEP, {"account": situation.account, "quantity": situation.published or 0})]


def _out_of_reach(situation: Situation) -> list[Finding]:
    """Return why nothing can be sent at all."""
    cause: Cause | None = None
    facts: dict[str, Fact] = {"account": situation.account}
    if situation.state in {"gone", "by_channel", "ignored", "unmatched"}:
        cause = Cause(situation.state)
        facts["quantity"] = situation.channel_quantity
        if situation.gone_at is not None:
            facts["when"] = situation.gone_at
    elif situation.rejected:
        cause = Cause.REJECTED
    elif situation.mode != "live":
        facts["quantity"] = situation.derivation.quantity if situation.derivation else 0
        cause = Cause.PAUSED_ACCOUNT if situation.mode == "paused" else Cause.IMPORT_ONLY
    return [] if cause is None else [Finding(cause, facts)]


def _not_accepted(situation: Situation) -> list[Finding]:
    found: list[Finding] = []
    if situation.problem:
        wanted = situation.derivation.quantity if situation.derivation else 0
        found.append(
            Finding(
                Cause.REFUSED,
                {"account": situation.account, "quantity": wanted, "problem": situation.problem.rstrip(".")},
            )
        )
    if situation.on_hold:
        found.append(Finding(Cause.ON_HOLD, {"account": situation.account}))
    return found


def _held_back(why: Derivation) -> list[Finding]:
    """Return what made the number smaller than what lies there; what made it zero counts first."""
    found: list[Finding] = []
    if why.paused:
        found.append(Finding(Cause.PAUSED))
    if why.account_paused:
        found.append(Finding(Cause.STOCK_PAUSED))
    if why.archived:
        found.append(Finding(Cause.ARCHIVED, {"sku": why.sku}))
    nobody_knows_yet = why.source.kind == "erp" and why.source.read_at is None
    if not why.known and not nobody_knows_yet:
        found.append(Finding(Cause.ERP_UNKNOWN, {"sku": why.sku, "erp": why.source.name}))
    elif why.available == 0 and not nobody_knows_yet:
        facts: dict[str, Fact] = {"on_hand": why.on_hand, "reserved": why.reserved, "place": why.source.name}
        scarce = min(why.components, key=lambda part: part.makes, default=None)
        if scarce is not None:
            facts |= {"component": scarce.sku, "units": scarce.available}
        found.append(Finding(Cause.NO_STOCK, facts))
    if Limit.BUFFER in why.limits:
        held = min(why.buffer, why.available)
        facts = {"held": held, "buffer": why.buffer, "available": why.available, "whose": why.buffer_from}
        found.append(Finding(Cause.BUFFER, facts))
    if Limit.MAXIMUM in why.limits and why.maximum is not None:
        found.append(Finding(Cause.MAXIMUM, {"maximum": why.maximum, "whose": why.maximum_from}))
    return found


def _too_old(why: Derivation, oldest: timedelta, present: datetime) -> list[Finding]:
    if why.source.kind != "erp":
        return []
    read_at = why.source.read_at
    if read_at is not None and present - read_at <= oldest:
        return []
    facts: dict[str, Fact] = {"erp": why.source.name, "minutes": int(oldest.total_seconds() // 60)}
    return [Finding(Cause.ERP_OLD, facts | ({"when": read_at} if read_at else {}))]


def _on_its_way(situation: Situation) -> list[Finding]:
    why = situation.derivation
    if why is None or situation.problem or situation.mode != "live" or situation.rejected:
        return []
    facts: dict[str, Fact] = {"quantity": why.quantity, "account": situation.account}
    found: list[Finding] = []
    if situation.drifted is not None:
        told, said = situation.drifted
        found.append(Finding(Cause.DRIFTED, {"account": situation.account, "told": told, "found": said}))
    if situation.sending:
        found.append(Finding(Cause.SENDING, facts))
    elif why.quantity != situation.published:
        found.append(Finding(Cause.WAITING, facts | ({"when": situation.next_at} if situation.next_at else {})))
    return found
