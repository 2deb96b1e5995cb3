"""Pictures are fetched once, politely, kept while their product is watched, and handed out as nothing but pictures."""

from datetime import timedelta

import httpx
import pytest

from entrepot.jobs.inline import run_inline
from entrepot.kit.settings import Settings
from entrepot.kit.storage import Storage, open_storage
from entrepot.pricewatch.pictures.domain import LARGEST, MOST_TRIES, again, kind_of
from entrepot.pricewatch.pictures.tasks import FetchPictures
from tests.pricewatch.watching.conftest import Shop, Watch, page

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
KEPT = "SELECT media_type, bytes, tries, next_try_at FROM watched_picture"


def with_picture(address: str) -> str:
    return page("12.95").replace("<head>", f'<head><meta property="og:image" content="{address}">')


async def fetch(watch: Watch, settings: Settings | None = None) -> None:
    await run_inline(watch.database, watch.box, settings or watch.settings, FetchPictures())


@pytest.fixture(autouse=True)
def one_storage(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the job write where the pages read."""

    def here(_: Settings) -> Storage:
        return open_storage(settings)

    monkeypatch.setattr("entrepot.pricewatch.pictures.jobs.open_storage", here)


async def test_a_picture_is_fetched_once_and_shown_from_here(
    shop: Shop, watch: Watch, client: httpx.AsyncClient
) -> None:
    shop.pages["/mug"] = (200, with_picture("/mug.png"))
    shop.files["/mug.png"] = ("image/png", PNG)
    product_id, _ = await watch.add(shop.url("/mug"))
    await watch.check()
    address = f"/prices/products/{product_id}/picture"
    assert (await client.get(address)).status_code == 404
    assert address not in (await client.get("/prices/products")).text

    await fetch(watch)
    await fetch(watch)

    assert shop.asked.count("/mug.png") == 1
    shown = await client.get(address)
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, PNG, "image/png")
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"
    for where in ("/prices/products", f"/prices/products/{product_id}"):
        assert address in (await client.get(where)).text

    assert (await client.post(f"/prices/products/{product_id}/remove")).status_code == 303
    assert await watch.rows(KEPT) == []
    waste = await watch.rows("SELECT 1 FROM storage_waste WHERE storage_key LIKE :key", key=f"%/{product_id}")
    assert len(waste) == 1, "its content goes at night"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/html", b"<script>alert(1)</script>"),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("image/png", b"<script>alert(1)</script>"),
        ("image/png", PNG + bytes(LARGEST)),
    ],
    ids=["page", "svg", "a lie", "too large"],
)
async def test_what_is_no_picture_is_not_kept_nor_asked_for_again(
    shop: Shop, watch: Watch, client: httpx.AsyncClient, kind: str, content: bytes
) -> None:
    shop.pages["/mug"] = (200, with_picture("/mug.png"))
    shop.files["/mug.png"] = (kind, content)
    product_id, _ = await watch.add(shop.url("/mug"))
    await watch.check()

    await fetch(watch)
    await fetch(watch)

    assert await watch.rows(KEPT) == [("", 0, MOST_TRIES, None)]
    assert shop.asked.count("/mug.png") == 1
    assert (await client.get(f"/prices/products/{product_id}/picture")).status_code == 404


async def test_a_picture_that_does_not_come_is_asked_for_later_and_another_address_at_once(
    shop: Shop, watch: Watch
) -> None:
    shop.pages |= {"/mug": (200, with_picture("/mug.png")), "/mug.png": (500, "broken")}
    await watch.add(shop.url("/mug"))
    await watch.check()
    await fetch(watch)
    [row] = await watch.rows(KEPT)
    assert (row.media_type, row.tries) == ("", 1)
    await fetch(watch)
    assert shop.asked.count("/mug.png") == 1, "not before its time"

    await watch.rows("UPDATE watched_picture SET next_try_at = now() RETURNING 1")
    await fetch(watch)
    assert [row.tries for row in await watch.rows(KEPT)] == [2]

    shop.files["/blue.png"] = ("image/png", PNG)
    await watch.rows("UPDATE watched_product SET image_url = :url RETURNING 1", url=shop.url("/blue.png"))
    await fetch(watch, watch.settings.model_copy(update={"watch_pictures": False}))
    assert "/blue.png" not in shop.asked, "whoever wants none gets none"
    await fetch(watch)
    assert await watch.rows(KEPT) == [("image/png", len(PNG), 0, None)]


async def test_a_picture_in_a_private_network_is_not_fetched(shop: Shop, watch: Watch) -> None:
    shop.pages["/mug"] = (200, with_picture("/mug.png"))
    shop.files["/mug.png"] = ("image/png", PNG)
    await watch.add(shop.url("/mug"))
    await watch.check()

    await fetch(watch, watch.settings.model_copy(update={"outside_allow": []}))

    assert "/mug.png" not in shop.asked
    assert await watch.rows(KEPT) == [("", 0, MOST_TRIES, None)]


def test_pictures_are_known_by_their_content() -> None:
    assert [
        kind_of(one) for one in (PNG, b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b"\0\0\0\x20ftypavif")
    ] == [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
    ]
    assert [kind_of(one) for one in (b"", b"<svg/>", b"\0\0\0\x20ftypmp42", b"RIFF")] == ["", "", "", ""]
    assert [again(tries) for tries in (1, 2, 4, 5, 9)] == [
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(hours=216),
        None,
        None,
    ]
