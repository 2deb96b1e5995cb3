"""Every statement about groups, their members and their rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.sql import text
from entrepot.pricing.domain.rules import Mode
from entrepot.pricing.models import Group, Rule, RuleVersion
from entrepot.pricing.refs import GroupRef, RuleRef
from entrepot.pricing.selecting import JOINED, Selection, matches

_GROUP = ", ".join(f"g.{name}" for name in GroupRef.__slots__)
_RULE = """r.id, r.seller_id, r.group_id, r.name, r.position, r.active, r.selection, v.version, v.body, v.note,
    v.changed_by, v.changed_by_name, v.changed_at"""
BELONGS = f"""(CASE WHEN m.included IS NOT NULL THEN m.included
    ELSE g.kind = 'filter' AND {matches("g.selection")} END)"""
"""Whether the offer ``o`` is in the group ``g``, ``m`` being its membership by hand."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that could price an offer."""

    offer_id: UUID
    group_id: UUID
    rule_id: UUID
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """An offer of a group, as a preview shows it."""

    offer_id: UUID
    account_id: UUID
    account: str
    sku: str
    title: str
    gtin: str
    price: Decimal | None
    currency: str
    stock: int
    included: bool | None


class GroupRepository:
    """Groups and rules in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def groups(self, group_ids: Collection[UUID] | None = None) -> list[GroupRef]:
        """Return groups by name: all, or those of *group_ids*."""
        found = await self._session.execute(
            text(
                f"""SELECT {_GROUP} FROM pricing_group g WHERE removed_at IS NULL
                AND (CAST(:ids AS uuid[]) IS NULL OR g.id = ANY(CAST(:ids AS uuid[]))) ORDER BY g.name, g.id"""  # noqa: S608
            ),
            {"ids": None if group_ids is None else list(group_ids)},
        )
        return [_group(row) for row in found.mappings()]

    async def lock_group(self, group_id: UUID) -> GroupRef | None:
        """Return a group that nobody else changes until the end of the transaction."""
        found = await self._session.execute(
            text(f"SELECT {_GROUP} FROM pricing_group g WHERE g.id = :id AND removed_at IS NULL FOR NO KEY UPDATE"),  # noqa: S608
            {"id": group_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else _group(row)

    async def named(self, seller_id: UUID, name: str) -> UUID | None:
        """Return the group of that name."""
        found = await self._session.execute(
            text("SELECT id FROM pricing_group WHERE seller_id = :seller AND name = :name AND removed_at IS NULL"),
            {"seller": seller_id, "name": name},
        )
        return found.scalar_one_or_none()

    async def add_group(self, row: Mapping[str, Any]) -> None:
        """Store a new group."""
        await insert_rows(self._session, Group, [row])

    async def change_group(self, group_id: UUID, values: Mapping[str, Any]) -> None:
        """Set columns of a group, and count its version."""
        columns = {
            name: msgspec.json.encode(value).decode() if name in {"selection", "windows"} else value
            for name, value in values.items()
        }
        sets = ", ".join(
            f"{name} = CAST(:{name} AS jsonb)" if name in {"selection", "windows"} else f"{name} = :{name}"
            for name in columns
        )
        await self._session.execute(
            text(f"UPDATE pricing_group SET {sets}, version = version + 1 WHERE id = :id"),  # noqa: S608
            {**columns, "id": group_id},
        )

    async def chosen(self, group_id: UUID, by: str) -> None:
        """Note who changed which offers a group is for."""
        await self._session.execute(
            text("UPDATE pricing_group SET chosen_by = :by WHERE id = :id"), {"id": group_id, "by": by}
        )

    # Members

    async def put(self, group: GroupRef, offer_ids: Collection[UUID], *, included: bool) -> int:
        """Put offers in, or keep them out; return how many of the caller's there were."""
        found = await self._session.execute(
            text(
                """
                INSERT INTO pricing_member (group_id, offer_id, seller_id, included)
                SELECT :group, o.id, o.seller_id, :included FROM offer o
                WHERE o.id = ANY(:offers) AND o.seller_id = :seller
                ON CONFLICT (group_id, offer_id) DO UPDATE SET included = excluded.included RETURNING offer_id
                """
            ),
            {"group": group.id, "seller": group.seller_id, "offers": list(offer_ids), "included": included},
        )
        return len(found.all())

    async def forget(self, group_id: UUID, offer_ids: Collection[UUID]) -> None:
        """Let the group's filter decide about offers again."""
        await self._session.execute(
            text("DELETE FROM pricing_member WHERE group_id = :group AND offer_id = ANY(:offers)"),
            {"group": group_id, "offers": list(offer_ids)},
        )

    async def offers_named(self, seller_id: UUID, names: Sequence[str]) -> list[UUID]:
        """Return offers whose SKU, product's SKU, GTIN or channel's number is one of *names*."""
        found = await self._session.execute(
            text(
                f"""SELECT o.id FROM {JOINED} WHERE o.seller_id = :seller AND o.gone_at IS NULL
                AND (o.sku = ANY(:names) OR p.sku = ANY(:names) OR o.gtin = ANY(:names)
                    OR o.channel_offer_id = ANY(:names))"""  # noqa: S608
            ),
            {"seller": seller_id, "names": list(names)},
        )
        return list(found.scalars())

    async def members(
        self, group: GroupRef, *, selection: Selection | None = None, limit: int = 50, after: UUID | None = None
    ) -> tuple[list[MemberRow], int]:
        """Return some offers of a group, and how many there are, also as if it said *selection*."""
        said = msgspec.json.encode(selection or group.selection).decode()
        source = f"""FROM {JOINED}
            JOIN channel_account a ON a.id = o.account_id
            CROSS JOIN (SELECT CAST(:kind AS text) AS kind, CAST(:selection AS jsonb) AS selection) g
            LEFT JOIN pricing_member m ON m.group_id = :group AND m.offer_id = o.id
            WHERE o.seller_id = :seller AND o.gone_at IS NULL AND {BELONGS}"""
        values: dict[str, Any] = {"group": group.id, "kind": group.kind, "selection": said, "seller": group.seller_id}
        number = (await self._session.execute(text(f"SELECT count(*) {source}"), values)).scalar_one()
        found = await self._session.execute(
            text(
                f"""SELECT o.id AS offer_id, o.account_id, a.name AS account, coalesce(p.sku, o.sku) AS sku,
                coalesce(p.title, o.title) AS title, o.gtin, op.published_price AS price,
                coalesce(op.currency, 'EUR') AS currency, coalesce(o.wanted_quantity, o.channel_quantity) AS stock,
                m.included {source} AND (CAST(:after AS uuid) IS NULL OR o.id > CAST(:after AS uuid))
                ORDER BY o.id LIMIT :limit"""
            ),
            {**values, "limit": limit, "after": after},
        )
        return [MemberRow(**row) for row in found.mappings()], number

    async def member_ids(self, group: GroupRef, *, limit: int = 200_000) -> list[UUID]:
        """Return the offers of a group."""
        found = await self._session.execute(
            text(
                f"""SELECT o.id FROM {JOINED}
                JOIN pricing_group g ON g.id = :group
                LEFT JOIN pricing_member m ON m.group_id = g.id AND m.offer_id = o.id
                WHERE o.seller_id = :seller AND o.gone_at IS NULL AND {BELONGS} ORDER BY o.id LIMIT :limit"""  # noqa: S608
            ),
            {"group": group.id, "seller": group.seller_id, "limit": limit},
        )
        return list(found.scalars())

    async def sizes(self) -> dict[UUID, int]:
        """Return how many offers each group has."""
        found = await self._session.execute(
            text(
                f"""SELECT g.id, count(*) FROM {JOINED}
                JOIN pricing_group g ON g.seller_id = o.seller_id AND g.removed_at IS NULL
                LEFT JOIN pricing_member m ON m.group_id = g.id AND m.offer_id = o.id
                WHERE o.gone_at IS NULL AND {BELONGS} GROUP BY g.id"""  # noqa: S608
            )
        )
        return {row[0]: row[1] for row in found}

    async def candidates(self, offer_ids: Collection[UUID]) -> list[Candidate]:
        """Return every rule that could price each of the offers, of groups that are on."""
        found = await self._session.execute(
            text(
                f"""SELECT o.id, g.id, r.id, m.included IS TRUE FROM {JOINED}
                JOIN pricing_group g ON g.seller_id = o.seller_id AND g.mode <> 'off' AND g.removed_at IS NULL
                JOIN pricing_rule r ON r.group_id = g.id AND r.active AND r.removed_at IS NULL
                LEFT JOIN pricing_member m ON m.group_id = g.id AND m.offer_id = o.id
                WHERE o.id = ANY(:offers) AND o.gone_at IS NULL AND {BELONGS} AND {matches("r.selection")}"""  # noqa: S608
            ),
            {"offers": list(offer_ids)},
        )
        return [Candidate(*row) for row in found]

    # Rules

    async def rules(
        self, *, group_ids: Collection[UUID] | None = None, rule_ids: Collection[UUID] | None = None
    ) -> list[RuleRef]:
        """Return rules with their present version, in the order of their groups."""
        found = await self._session.execute(
            text(
                f"""SELECT {_RULE} FROM pricing_rule r
                JOIN pricing_rule_version v ON v.rule_id = r.id AND v.version = r.version
                WHERE r.removed_at IS NULL
                AND (CAST(:groups AS uuid[]) IS NULL OR r.group_id = ANY(CAST(:groups AS uuid[])))
                AND (CAST(:rules AS uuid[]) IS NULL OR r.id = ANY(CAST(:rules AS uuid[])))
                ORDER BY r.group_id, r.position, r.id"""  # noqa: S608
            ),
            {
                "groups": None if group_ids is None else list(group_ids),
                "rules": None if rule_ids is None else list(rule_ids),
            },
        )
        return [_rule(row) for row in found.mappings()]

    async def versions(self, rule_id: UUID) -> list[RuleRef]:
        """Return every version of a rule, the newest first."""
        found = await self._session.execute(
            text(
                f"""SELECT {_RULE.replace("r.name", "v.name")} FROM pricing_rule r
                JOIN pricing_rule_version v ON v.rule_id = r.id WHERE r.id = :rule ORDER BY v.version DESC LIMIT 200"""  # noqa: S608
            ),
            {"rule": rule_id},
        )
        return [_rule(row) for row in found.mappings()]

    async def lock_rule(self, rule_id: UUID) -> bool:
        """Keep others from changing a rule; return whether there is one."""
        found = await self._session.execute(
            text("SELECT id FROM pricing_rule WHERE id = :id AND removed_at IS NULL FOR NO KEY UPDATE"), {"id": rule_id}
        )
        return found.scalar_one_or_none() is not None

    async def add_rule(self, row: Mapping[str, Any]) -> None:
        """Store a new rule's place."""
        await insert_rows(self._session, Rule, [row])

    async def add_version(self, row: Mapping[str, Any]) -> None:
        """Store what a rule says from now on."""
        await insert_rows(self._session, RuleVersion, [{**row, "changed_at": now()}])

    async def change_rule(self, rule_id: UUID, values: Mapping[str, Any]) -> None:
        """Set columns of a rule's place."""
        columns = dict(values)
        if "selection" in columns:
            columns["selection"] = msgspec.json.encode(columns["selection"]).decode()
        sets = ", ".join(
            f"{name} = CAST(:{name} AS jsonb)" if name == "selection" else f"{name} = :{name}" for name in columns
        )
        await self._session.execute(
            text(f"UPDATE pricing_rule SET {sets} WHERE id = :id"),  # noqa: S608
            {**columns, "id": rule_id},
        )


def _group(row: RowMapping) -> GroupRef:
    values = dict(row)
    values["selection"] = msgspec.convert(values["selection"], Selection)
    values["windows"] = tuple(values["windows"])
    values["mode"] = Mode(values["mode"])
    return GroupRef(**values)


def _rule(row: RowMapping) -> RuleRef:
    values = dict(row)
    values["selection"] = msgspec.convert(values["selection"], Selection)
    return RuleRef(**values)
