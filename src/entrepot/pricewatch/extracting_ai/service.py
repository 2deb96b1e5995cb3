"""Ask an OpenAI-compatible endpoint about a page that nothing else could read.  Called outside transactions."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import httpx
import msgspec

from entrepot.kit.errors import EntrepotError
from entrepot.kit.http import Caller, OutsideHttp
from entrepot.kit.redaction import Redactor
from entrepot.kit.settings import Settings
from entrepot.pricewatch.extracting.contract import Case, Field, Finding, Page, Recipe
from entrepot.pricewatch.extracting.untrusted import (
    Message,
    Proposal,
    ai_prompt,
    judged,
    read_ai_answer,
    read_ai_proposal,
    repair_prompt,
)
from entrepot.pricewatch.extracting_ai.errors import AiFailedError, AiNotSetUpError

TIMEOUT = 60
LONGEST_ANSWER = 2_000
"""Tokens."""


class _Answer(msgspec.Struct):
    choices: list["_Choice"]


class _Choice(msgspec.Struct):
    message: "_Said"


class _Said(msgspec.Struct):
    content: str


class ModelReader:
    """Asks the model that the settings name.

    Raises (each method):
        AiNotSetUpError: the settings name none.
        AiFailedError: it does not answer.
        AnswerUnusableError: it answers something else.
    """

    def __init__(self, outside: OutsideHttp, settings: Settings, seller_id: UUID | None = None) -> None:
        self._outside, self._settings, self._seller_id = outside, settings, seller_id

    @staticmethod
    def is_set_up(settings: Settings) -> bool:
        """Return whether there is a model to ask; pages offer it only then."""
        return bool(settings.ai_url and settings.ai_model)

    @classmethod
    def reads_pages(cls, settings: Settings) -> bool:
        """Return whether it is asked without a person, about pages that nothing else can read."""
        return settings.ai_reads_pages and cls.is_set_up(settings)

    async def answers(self, page: Page, fields: Collection[Field]) -> tuple[dict[Field, str], tuple[Finding, ...]]:
        """Return what the model reads on *page*, as far as the page bears it out."""
        return read_ai_answer(await self._ask(ai_prompt(page, fields)), page, fields)

    async def proposal(
        self, page: Page, recipe: Recipe, fields: Collection[Field], cases: Collection[Case]
    ) -> Proposal:
        """Return selectors for *fields* of *page*, already replayed over *cases*; a person decides about them."""
        broken = tuple(selector for selector in recipe.selectors if selector.field in fields)
        said = read_ai_proposal(await self._ask(repair_prompt(page, fields, broken)), fields)
        return await asyncio.to_thread(judged, page, recipe, said, cases)

    async def _ask(self, messages: tuple[Message, ...]) -> str:
        settings = self._settings
        if not self.is_set_up(settings):
            raise AiNotSetUpError
        key = settings.ai_key.get_secret_value() if settings.ai_key else ""
        caller = Caller(
            seller_id=self._seller_id,
            why="read a product page with a language model",
            redactor=Redactor([key] if key else []),
        )
        body = {
            "model": settings.ai_model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": LONGEST_ANSWER,
            "response_format": {"type": "json_object"},
        }
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
        address = f"{settings.ai_url.rstrip('/')}/chat/completions"
        try:
            answer = await self._outside.client(caller).post(
                address, content=msgspec.json.encode(body), headers=headers, timeout=TIMEOUT
            )
        except (httpx.HTTPError, EntrepotError) as error:
            raise AiFailedError(reason=str(error) or type(error).__name__) from error
        if not answer.is_success:
            raise AiFailedError(reason=f"HTTP {answer.status_code}")
        try:
            return msgspec.json.decode(answer.content, type=_Answer).choices[0].message.content
        except (msgspec.MsgspecError, IndexError) as error:
            raise AiFailedError(reason="it is no chat completion") from error
