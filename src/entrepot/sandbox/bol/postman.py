"""Carries bol's notices to who subscribed: ten attempts within ten minutes, then the subscription is switched off."""

import asyncio
from datetime import timedelta

import httpx

from entrepot.sandbox.bol.subscriptions import Signer, body_of
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.subscriptions import Notice
from entrepot.sandbox.world import World

EVERY = 1.0
MOST_ATTEMPTS = 10
BETWEEN = timedelta(minutes=1)


async def deliver(world: World) -> None:
    """Deliver until cancelled; the world goes on meanwhile, even if nobody asks it anything."""
    async with httpx.AsyncClient(timeout=5) as http:
        while True:
            world.tick()
            await deliver_waiting(world, http)
            await asyncio.sleep(EVERY)


async def deliver_waiting(world: World, http: httpx.AsyncClient) -> int:
    """Try once everything that is due; returns how many arrived."""
    signer, arrived = Signer.of(world), 0
    for account in world.accounts.values():
        now = world.clock.now()
        due = [notice for notice in account.subscriptions.waiting if notice.due is None or notice.due <= now]
        for notice in due:
            arrived += await _deliver(world, account, notice, signer, http)
    return arrived


async def _deliver(world: World, account: Account, notice: Notice, signer: Signer, http: httpx.AsyncClient) -> bool:
    book = account.subscriptions
    subscription = book.get(notice.subscription_id)
    if subscription is None or not subscription.enabled:
        book.waiting.remove(notice)
        return False
    body = body_of(account, notice)
    headers = {"Content-Type": "application/json", "Signature": signer.sign(body)}
    try:
        answer = await http.post(subscription.url, content=body, headers=headers)
        arrived = answer.is_success
    except httpx.HTTPError:
        arrived = False
    notice.attempts += 1
    notice.due = world.clock.now() + BETWEEN
    if arrived or notice.attempts >= MOST_ATTEMPTS:
        book.waiting.remove(notice)
    if not arrived and notice.attempts >= MOST_ATTEMPTS:
        book.disable(subscription.subscription_id)
    return arrived
