"""Rules: every change is a new version, and old versions stay."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.pricing.domain.errors import FormulaError
from entrepot.pricing.domain.formulas import parse
from entrepot.pricing.domain.rules import Rule
from entrepot.pricing.errors import NameTakenError, RuleChangedError, RuleNotFoundError, VersionNotFoundError
from entrepot.pricing.events import RuleChanged
from entrepot.pricing.groups import LONGEST_NAME, GroupService
from entrepot.pricing.groups_repository import GroupRepository
from entrepot.pricing.refs import RuleDraft, RuleRef, body_of
from entrepot.pricing.selecting import checked

MOST_RULES = 100
"""Of one group."""
LONGEST_FORMULA = 350
"""What is added for the margins that were entered with the costs has to fit, too."""


class RuleService:
    """Use cases of rules."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._groups = GroupRepository(session)

    async def rules(self, group_id: UUID | None = None) -> list[RuleRef]:
        """Return rules in their order: of one group, or of all."""
        return await self._groups.rules(group_ids=None if group_id is None else [group_id])

    async def rule(self, rule_id: UUID) -> RuleRef:
        """Return one rule.

        Raises:
            RuleNotFoundError: there is none.
        """
        found = await self._groups.rules(rule_ids=[rule_id])
        if not found:
            raise RuleNotFoundError(rule=str(rule_id))
        return found[0]

    async def versions(self, rule_id: UUID) -> list[RuleRef]:
        """Return everything a rule ever said, the newest first."""
        await self.rule(rule_id)
        return await self._groups.versions(rule_id)

    async def add(self, group_id: UUID, draft: RuleDraft) -> RuleRef:
        """Add a rule to a group, behind its others.

        Raises:
            GroupNotFoundError: there is no such group.
            InvalidInputError: a field makes no sense.
            NameTakenError: the group has one of that name.
        """
        group = await GroupService(self._session).group(group_id)
        name = self.check(draft)
        there = await self.rules(group_id)
        self._check_name(there, name, None)
        if len(there) >= MOST_RULES:
            raise InvalidInputError({"name": gettext(N_("This group has 100 rules already. Remove one first."))})
        rule_id = new_id()
        place = {
            "id": rule_id,
            "seller_id": group.seller_id,
            "group_id": group_id,
            "name": name,
            "position": len(there) + 1,
            "active": True,
            "selection": checked(draft.selection),
            "version": 1,
        }
        await self._groups.add_rule(place)
        await self._store(rule_id, group.seller_id, 1, name, draft.rule, draft.note)
        return await self._told(rule_id, "made")

    async def change(self, rule_id: UUID, draft: RuleDraft, *, version: int | None = None) -> RuleRef:
        """Make a new version of a rule.

        Raises:
            RuleNotFoundError: there is none.
            RuleChangedError: *version* is not the present one.
            InvalidInputError: a field makes no sense.
            NameTakenError: the group has another one of that name.
        """
        before = await self._lock(rule_id, version)
        name = self.check(draft)
        self._check_name(await self.rules(before.group_id), name, rule_id)
        same = body_of(draft.rule) == body_of(before.rule) and name == before.name
        selection = checked(draft.selection)
        if same and selection == before.selection:
            return before
        number = before.version + (not same)
        if not same:
            await self._store(rule_id, before.seller_id, number, name, draft.rule, draft.note)
        await self._groups.change_rule(rule_id, {"name": name, "selection": selection, "version": number})
        return await self._told(rule_id, "changed")

    async def restore(self, rule_id: UUID, version: int) -> RuleRef:
        """Let a rule say again what it said at *version*: as a new version.

        Raises:
            VersionNotFoundError: it never had that version.
        """
        before = await self._lock(rule_id, None)
        found = next((one for one in await self._groups.versions(rule_id) if one.version == version), None)
        if found is None:
            raise VersionNotFoundError(rule=before.name, version=version)
        note = gettext(N_("As version {version} was")).format(version=version)
        draft = RuleDraft(name=before.name, rule=found.rule, selection=before.selection, note=note)
        return await self.change(rule_id, draft)

    async def switch(self, rule_id: UUID, *, active: bool) -> RuleRef:
        """Let a rule count, or not."""
        before = await self._lock(rule_id, None)
        if before.active == active:
            return before
        await self._groups.change_rule(rule_id, {"active": active})
        return await self._told(rule_id, "switched_on" if active else "switched_off")

    async def move(self, rule_id: UUID, to: int) -> None:
        """Put a rule at another place of its group, counted from 1: the earlier wins among equally specific ones."""
        rule = await self._lock(rule_id, None)
        others = [one for one in await self.rules(rule.group_id) if one.id != rule_id]
        others.insert(max(0, min(to - 1, len(others))), rule)
        for position, one in enumerate(others, start=1):
            if one.position != position:
                await self._groups.change_rule(one.id, {"position": position})
        await self._told(rule_id, "moved")

    async def remove(self, rule_id: UUID) -> None:
        """Remove a rule; its versions stay, because prices point at them."""
        rule = await self._lock(rule_id, None)
        await self._groups.change_rule(rule_id, {"removed_at": now(), "active": False})
        await self._record(rule, "removed")

    # Inside

    async def _lock(self, rule_id: UUID, version: int | None) -> RuleRef:
        if not await self._groups.lock_rule(rule_id):
            raise RuleNotFoundError(rule=str(rule_id))
        found = await self.rule(rule_id)
        if version is not None and version != found.version:
            raise RuleChangedError(name=found.name)
        return found

    async def _store(self, rule_id: UUID, seller_id: UUID, version: int, name: str, rule: Rule, note: str) -> None:
        actor = context_of(self._session).actor
        row = {
            "rule_id": rule_id,
            "version": version,
            "seller_id": seller_id,
            "name": name,
            "body": body_of(rule),
            "note": note.strip()[:500],
            "changed_by": actor.id,
            "changed_by_name": actor.name,
        }
        await self._groups.add_version(row)

    async def _told(self, rule_id: UUID, what: str) -> RuleRef:
        rule = await self.rule(rule_id)
        await self._record(rule, what)
        return rule

    async def _record(self, rule: RuleRef, what: str) -> None:
        event = RuleChanged(
            seller_id=rule.seller_id,
            subject_id=rule.id,
            group_id=rule.group_id,
            name=rule.name,
            version=rule.version,
            what=what,
        )
        await outbox.record(self._session, event)

    @staticmethod
    def _check_name(there: list[RuleRef], name: str, rule_id: UUID | None) -> None:
        if any(one.name == name and one.id != rule_id for one in there):
            raise NameTakenError(name=name)

    @staticmethod
    def check(draft: RuleDraft) -> str:
        """Return the name of a rule that makes sense.

        Raises:
            InvalidInputError: a field does not.
        """
        problems: dict[str, str] = {}
        name = draft.name.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            problems["name"] = gettext(N_("Enter a name of at most 100 characters."))
        rule = draft.rule
        problems.update(_formula_problems(rule))
        if not rule.steps:
            problems["steps"] = gettext(N_("Give at least one step."))
        if any(band.amount < 0 or band.percent < 0 or band.from_price < 0 for band in rule.steps):
            problems["steps"] = gettext(N_("Steps are not negative."))
        if rule.raise_by < 0 or rule.alone_percent < 0 or rule.least_change < 0 or rule.least_change_percent < 0:
            problems["least_change"] = gettext(N_("Amounts and percentages are not negative."))
        if problems:
            raise InvalidInputError(problems)
        return name


def _formula_problems(rule: Rule) -> dict[str, str]:
    problems: dict[str, str] = {}
    for field, formula in (
        ("floor", rule.limits.floor),
        ("ceiling", rule.limits.ceiling),
        ("resting_price", rule.resting_price or "0"),
    ):
        try:
            parse(formula)
        except FormulaError as error:
            problems[field] = said(error)
        if len(formula) > LONGEST_FORMULA:
            problems[field] = gettext(N_("Use at most 350 characters."))
    if rule.oldest_minutes < 1:
        problems["oldest_minutes"] = gettext(N_("Enter at least one minute."))
    if rule.sell_out.until_days <= rule.sell_out.after_days:
        problems["until_days"] = gettext(N_("It has to end after it begins."))
    if any(not 0 <= ending < 1 for ending in rule.endings):
        problems["endings"] = gettext(N_("An ending is the part behind the point, such as 0.99."))
    return problems


def said(error: EntrepotError) -> str:
    """Return an error's sentence in the reader's language."""
    template, facts = error.told
    return gettext(template).format(**facts)
