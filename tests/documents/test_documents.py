"""Files attached to things: kept whole, handed out as downloads only, invisible to others."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.documents.domain import NAME_LENGTH, attachment, clean_name, sniff_type
from entrepot.documents.errors import EmptyFileError, UnknownDocumentError
from entrepot.documents.service import LIMIT, DocumentService
from entrepot.kit import outbox
from entrepot.kit.ids import new_id
from entrepot.kit.settings import Settings
from entrepot.kit.storage import Storage, StorageAwayError, StoredFileMissingError, open_storage
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return open_storage(settings)


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_files_may_have(name: str) -> None:
    clean = clean_name(name)

    assert clean == clean_name(clean)
    assert 0 < len(clean) <= NAME_LENGTH
    assert not set(clean) & set('/\\<>:"|?*\0\n\r')
    assert clean not in {".", ".."}


@given(st.text(max_size=50))
def test_the_header_stays_one_ascii_line(name: str) -> None:
    header = attachment(clean_name(name))

    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPrest", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<html><script>alert(1)</script>", "text/plain; charset=utf-8"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain; charset=utf-8"),
        (b"\x7fELF\x02\xff", "application/octet-stream"),
        (b"a\0b", "application/octet-stream"),
    ],
)
def test_the_type_is_found_in_the_content(content: bytes, media_type: str) -> None:
    assert sniff_type(content) == media_type


async def test_what_is_stored_comes_back_whole(session: AsyncSession, seller: SellerRef, storage: Storage) -> None:
    content, subject = PNG * 100_000, new_id()
    service = DocumentService(session, storage)

    ref = await service.attach(seller.id, "product", subject, "../../etc/Foto 1.png", content)

    assert (ref.name, ref.size, ref.is_image) == ("Foto 1.png", len(content), True)
    assert ref.sha256 == hashlib.sha256(content).hexdigest()
    assert b"".join([piece async for piece in storage.read(ref.storage_key)]) == content
    assert [document.id for document in await service.of("product", subject)] == [ref.id]
    assert [event.topic for event in await outbox.read_subjects(session, [subject])] == ["documents.attached"]


async def test_removing_leaves_nothing_to_find(session: AsyncSession, seller: SellerRef, storage: Storage) -> None:
    service, subject = DocumentService(session, storage), new_id()
    ref = await service.attach(seller.id, "product", subject, "a.txt", b"hello")

    await service.remove(ref.id)

    assert await service.of("product", subject) == []
    with pytest.raises(UnknownDocumentError):
        await service.find(ref.id)


async def test_refuses_empty_files_and_too_many(session: AsyncSession, seller: SellerRef, storage: Storage) -> None:
    service, subject = DocumentService(session, storage), new_id()
    with pytest.raises(EmptyFileError, match=r"a\.txt"):
        await service.attach(seller.id, "product", subject, "a.txt", b"")
    for number in range(LIMIT):
        await service.attach(seller.id, "product", subject, f"{number}.txt", b"x")
    with pytest.raises(Exception, match="At most 100"):
        await service.attach(seller.id, "product", subject, "last.txt", b"x")


async def test_a_folder_that_cannot_be_written_is_told(
    session: AsyncSession, seller: SellerRef, tmp_path: Path
) -> None:
    storage = open_storage(Settings(data_dir=tmp_path, _env_file=None))  # type: ignore[call-arg]  # pydantic-settings
    (tmp_path / "documents").rmdir()
    (tmp_path / "documents").write_text("a file where the folder should be")

    with pytest.raises(StorageAwayError, match="disk is not full"):
        await DocumentService(session, storage).attach(seller.id, "product", new_id(), "a.txt", b"x")


async def test_a_missing_file_is_told(storage: Storage) -> None:
    with pytest.raises(StoredFileMissingError):
        [piece async for piece in storage.read("no/such/file")]
    await storage.remove("no/such/file")


async def test_attached_downloaded_and_removed_over_http(client: httpx.AsyncClient) -> None:
    page = f"/documents/of/product/{new_id()}"
    assert "No documents yet" in (await client.get(page)).text
    answer = await client.post(page, files={"file": ("<b>.html", b"<script>alert(1)</script>", "text/html")})
    assert answer.status_code == 200
    address = "/documents/" + answer.text.split('href="/documents/')[1].split('"')[0]

    download = await client.get(address)

    assert download.content == b"<script>alert(1)</script>"
    assert download.headers["content-type"].startswith("text/plain")
    assert download.headers["content-disposition"].startswith("attachment; filename=")
    assert download.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in download.headers["content-security-policy"]
    assert "No documents yet" in (await client.post(address + "/remove")).text


async def test_another_seller_cannot_get_it(
    client: httpx.AsyncClient, make_client: MakeClient, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    subject = new_id()
    answer = await client.post(f"/documents/of/product/{subject}", files={"file": ("a.txt", b"secret")})
    address = "/documents/" + answer.text.split('href="/documents/')[1].split('"')[0]
    other = await make_client(await make_seller("Other"))

    assert (await other.get(address)).status_code == 404
    assert (await other.post(address + "/remove")).status_code == 404
    assert "a.txt" not in (await other.get(f"/documents/of/product/{subject}")).text


async def test_the_right_of_the_subject_counts(make_client: MakeClient, seller: SellerRef) -> None:
    reader = await make_client(seller, frozenset({Right.CATALOG_READ}))

    assert (await reader.get(f"/documents/of/product/{new_id()}")).status_code == 200
    assert (await reader.post(f"/documents/of/product/{new_id()}", files={"file": ("a.txt", b"x")})).status_code == 403
    assert (await reader.get(f"/documents/of/order/{new_id()}")).status_code == 403
    assert (await reader.get(f"/documents/of/planet/{new_id()}")).status_code == 404
