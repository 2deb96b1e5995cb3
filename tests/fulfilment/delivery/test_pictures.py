"""Pictures lose what phones write into them, and nothing else."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.fulfilment.delivery.errors import ProofDamagedError, ProofKindError, ProofSizeError
from entrepot.fulfilment.delivery.pictures import LARGEST, media_type_of, without_notes
from entrepot.fulfilment.delivery.proofs import checked


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    [
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\0\0")),
        chunk(b"IEND", b""),
    ]
)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(*, exif: bool, turn: int = 6) -> bytes:
    """Return something with the parts of a photo: no decoder looks at the rest."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, turn, 0)
    make = struct.pack("<HHII", 0x010F, 2, 4, 0x00656D41)
    tiff = b"II" + struct.pack("<HIH", 42, 8, 2) + make + entry + struct.pack("<I", 0) + b"GPS 52.09 5.12"
    notes = segment(0xE1, b"Exif\0\0" + tiff) + segment(0xFE, b"taken at home") if exif else b""
    return (
        b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01") + notes + segment(0xDB, bytes(8)) + b"\xff\xda\0\x02data\xff\xd9"
    )


def test_a_photo_keeps_its_turn_and_nothing_else() -> None:
    clean = without_notes(jpeg(exif=True), "image/jpeg")
    assert b"GPS" not in clean
    assert b"home" not in clean
    assert b"Exif\0\0MM" in clean  # the turn alone, written anew
    assert without_notes(clean, "image/jpeg") == clean
    assert without_notes(jpeg(exif=False), "image/jpeg") == jpeg(exif=False)
    upright = without_notes(jpeg(exif=True, turn=1), "image/jpeg")
    assert upright == jpeg(exif=False)


def test_what_hangs_on_behind_a_photo_goes_too() -> None:
    plain = jpeg(exif=False)
    between = segment(0xFE, b"GPS")
    scans = plain[:-2].removesuffix(b"data") + b"da\xff\0\xff\xd0ta" + b"\xff\xda\0\x02more\xff\xd9"
    told = scans.replace(b"\xff\xda\0\x02more", between + b"\xff\xda\0\x02more") + jpeg(exif=True) + b"ftypmp42 GPS"
    assert without_notes(told, "image/jpeg") == scans
    with pytest.raises(ValueError, match="cut off"):
        without_notes(plain[:-2], "image/jpeg")


def test_a_webp_with_an_empty_head_is_damaged() -> None:
    parts = b"VP8X" + struct.pack("<I", 0)
    with pytest.raises(ValueError, match="cut off"):
        without_notes(b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts, "image/webp")


def test_png_and_webp_lose_their_notes() -> None:
    told = PNG[:-12] + chunk(b"eXIf", b"GPS") + chunk(b"tEXt", b"Author\0me") + PNG[-12:]
    assert without_notes(told, "image/png") == PNG
    parts = b"VP8L" + struct.pack("<I", 4) + b"data" + b"EXIF" + struct.pack("<I", 3) + b"GPS\0"
    webp = b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts
    clean = without_notes(webp, "image/webp")
    assert b"GPS" not in clean
    assert struct.unpack_from("<I", clean, 4)[0] == len(clean) - 8


@given(st.sampled_from([jpeg(exif=True), PNG]), st.data())
def test_damaged_pictures_are_refused_or_kept_and_never_crash(whole: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(3, len(whole) - 1))
    broken = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + data.draw(st.integers(0, 9)) :]
    media_type = media_type_of(broken)
    try:
        assert len(without_notes(broken, media_type)) <= len(broken) + 40
    except ValueError:
        return


@pytest.mark.parametrize(
    ("content", "slip", "error"),
    [
        (b"<html><script>", True, ProofKindError),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", True, ProofKindError),
        (b"GIF89a", False, ProofKindError),
        (b"%PDF-1.7", False, ProofKindError),
        (PNG[:40], False, ProofDamagedError),
        (PNG + bytes(LARGEST), False, ProofSizeError),
    ],
)
def test_what_is_no_proof_is_named(content: bytes, *, slip: bool, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"door\.jpg"):
        checked(content, "door.jpg", slip=slip)


def test_a_pdf_is_kept_as_slip() -> None:
    assert checked(b"%PDF-1.7 ...", "slip.pdf", slip=True) == (b"%PDF-1.7 ...", "pdf")
