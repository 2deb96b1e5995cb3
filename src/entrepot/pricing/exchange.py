"""Groups and rules as a file: out of one hub and into another, looked at before anything is made."""

from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.pricing.domain.rules import Rule
from entrepot.pricing.errors import BadImportError
from entrepot.pricing.groups import GroupService
from entrepot.pricing.refs import GroupDraft, RuleDraft, body_of
from entrepot.pricing.rules import RuleService, said
from entrepot.pricing.selecting import EVERYTHING, Selection

FORMAT = "entrepot.pricing/1"
MOST_BYTES = 5_000_000


class RuleFile(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in a file."""

    name: str
    selection: Selection = EVERYTHING
    active: bool = True
    body: dict[str, object]


class GroupFile(msgspec.Struct, frozen=True, kw_only=True):
    """A group in a file.  It comes in switched off, and without what belongs to one hub: accounts, members."""

    name: str
    kind: str = "filter"
    selection: Selection = EVERYTHING
    country: str = ""
    time_zone: str = "Europe/Amsterdam"
    windows: tuple[str, ...] = ()
    market_minutes: int = 60
    losing_minutes: int = 20
    winning_minutes: int = 1440
    rules: tuple[RuleFile, ...] = ()


class PricingFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    format: str
    groups: tuple[GroupFile, ...]


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one group of a file."""

    name: str
    exists: bool
    rules: tuple[str, ...]
    problem: str = ""
    """Why it cannot come in."""


class Exchange:
    """Use cases of files with groups and rules."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._groups = GroupService(session)
        self._rules = RuleService(session)

    async def export(self, group_ids: Collection[UUID] | None = None) -> bytes:
        """Return groups and their rules as JSON: all, or some."""
        files: list[GroupFile] = []
        rules = await self._rules.rules()
        for group in await self._groups.groups():
            if group_ids is not None and group.id not in group_ids:
                continue
            file = GroupFile(
                name=group.name,
                kind=group.kind,
                selection=msgspec.structs.replace(group.selection, accounts=()),
                country=group.country,
                time_zone=group.time_zone,
                windows=group.windows,
                market_minutes=group.market_minutes,
                losing_minutes=group.losing_minutes,
                winning_minutes=group.winning_minutes,
                rules=tuple(
                    RuleFile(
                        name=rule.name,
                        selection=msgspec.structs.replace(rule.selection, accounts=()),
                        active=rule.active,
                        body=body_of(rule.rule),
                    )
                    for rule in rules
                    if rule.group_id == group.id
                ),
            )
            files.append(file)
        return msgspec.json.format(msgspec.json.encode(PricingFile(format=FORMAT, groups=tuple(files))), indent=2)

    async def plan(self, raw: bytes) -> list[Planned]:
        """Return what would become of a file; changes nothing.

        Raises:
            BadImportError: it is none of ours.
        """
        there = {group.name for group in await self._groups.groups()}
        return [
            Planned(
                name=group.name,
                exists=group.name in there,
                rules=tuple(rule.name for rule in group.rules),
                problem=self._problem(group),
            )
            for group in read(raw).groups
        ]

    async def bring_in(self, seller_id: UUID, raw: bytes) -> list[str]:
        """Make the groups of a file that are not here, switched off; return the names of those made.

        Raises:
            BadImportError: it is none of ours, or something in it makes no sense.
        """
        there = {group.name for group in await self._groups.groups()}
        made: list[str] = []
        for file in read(raw).groups:
            if file.name.strip() in there:
                continue
            if problem := self._problem(file):
                raise BadImportError(reason=f"{file.name}: {problem}")
            group = await self._groups.create(seller_id, _draft(file))
            for one in file.rules:
                rule = await self._rules.add(group.id, _rule_draft(one))
                if not one.active:
                    await self._rules.switch(rule.id, active=False)
            there.add(group.name)
            made.append(group.name)
        return made

    def _problem(self, file: GroupFile) -> str:
        try:
            GroupService.check(_draft(file))
            for one in file.rules:
                self._rules.check(_rule_draft(one))
        except InvalidInputError as error:
            return " ".join(f"{field}: {text}" for field, text in error.problems.items())
        except EntrepotError as error:
            return said(error)
        except msgspec.ValidationError as error:
            return str(error)
        return ""


def read(raw: bytes) -> PricingFile:
    """Return what a file says.

    Raises:
        BadImportError: it is none of ours.
    """
    if len(raw) > MOST_BYTES:
        raise BadImportError(reason="> 5 MB")
    try:
        found = msgspec.json.decode(raw, type=PricingFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadImportError(reason=str(error)[:200]) from None
    if found.format != FORMAT:
        raise BadImportError(reason=found.format[:100])
    return found


def _draft(file: GroupFile) -> GroupDraft:
    return GroupDraft(
        name=file.name,
        kind=file.kind,
        selection=file.selection,
        country=file.country,
        time_zone=file.time_zone,
        windows=file.windows,
        market_minutes=file.market_minutes,
        losing_minutes=file.losing_minutes,
        winning_minutes=file.winning_minutes,
    )


def _rule_draft(file: RuleFile) -> RuleDraft:
    rule = msgspec.convert({**file.body, "rule_id": ""}, Rule)
    return RuleDraft(name=file.name, rule=rule, selection=file.selection)
