"""The stock of each channel account: what holds for all its offers, and how far the channel drifts."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import InvalidInputError
from entrepot.offers import views
from entrepot.offers.pages.reading import limit_of, number_of, state_of, tabs
from entrepot.offers.service import OfferService
from entrepot.offers.standing import account_stocks, drifts


class AccountPages(Controller):
    """Stock settings and drift of channel accounts."""

    path = "/offers/accounts"
    opt = needs(Right.OFFERS_READ)
    include_in_schema = False

    @get()
    async def show_list(self, session: AsyncSession) -> Template:
        """List the accounts with their numbers."""
        return Template(
            "offers/accounts.html",
            context={
                "rows": await account_stocks(session),
                "tabs": tabs("accounts", await views.trouble(session)),
                "state_of": state_of,
            },
        )

    @get("/{account_id:uuid}")
    async def show(self, session: AsyncSession, account_id: FromPath[UUID]) -> Template:
        """Show one account's settings and differences."""
        return await _page(session, account_id)

    @post("/{account_id:uuid}", opt=needs(Right.OFFERS_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, account_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Store the settings."""
        form = {name: str(value).strip() for name, value in (await request.form()).items()}
        buffer = limit_of(form.get("buffer", ""))
        oldest = number_of(form.get("oldest_minutes", ""))
        try:
            await OfferService(session).change_rules(
                account_id,
                buffer=0 if buffer is None else buffer,
                maximum=limit_of(form.get("maximum", "")),
                paused=form.get("paused") == "true",
                pause_account=form.get("pause_account") == "true",
                oldest_minutes=0 if oldest is None else oldest,
                version=number_of(form.get("version")),
            )
        except InvalidInputError as error:
            return await _page(session, account_id, problems=error.problems, entered=form)
        return Redirect(f"/offers/accounts/{account_id}", status_code=303)

    @post("/{account_id:uuid}/sample", opt=needs(Right.OFFERS_MANAGE))
    async def sample(self, session: AsyncSession, account_id: FromPath[UUID]) -> Redirect:
        """Read some offers back now."""
        await OfferService(session).sample(account_id)
        return Redirect(f"/offers/accounts/{account_id}", status_code=303)


async def _page(
    session: AsyncSession,
    account_id: UUID,
    *,
    problems: dict[str, str] | None = None,
    entered: dict[str, str] | None = None,
) -> Template:
    account = await ChannelService(session).account(account_id)
    found = await account_stocks(session, account_id=account_id)
    rules = await OfferService(session).rules(account_id)
    given = entered or {
        "buffer": str(rules.buffer),
        "maximum": "" if rules.maximum is None else str(rules.maximum),
        "oldest_minutes": str(rules.oldest_minutes),
        "paused": "true" if rules.paused else "",
        "pause_account": "true" if rules.pause_account else "",
    }
    return Template(
        "offers/account.html",
        context={
            "account": account,
            "stock": found[0] if found else None,
            "rules": rules,
            "given": given,
            "problems": problems or {},
            "drifts": await drifts(session, account_id),
            "state_of": state_of,
        },
        status_code=422 if problems else 200,
    )
