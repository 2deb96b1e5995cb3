"""Answers that came compressed, unpacked piece by piece by ISA-L, which takes less than half of zlib's time."""

from typing import cast

import httpx
from isal import isal_zlib

ENCODINGS = {"gzip": 16 + isal_zlib.MAX_WBITS, "x-gzip": 16 + isal_zlib.MAX_WBITS, "deflate": isal_zlib.MAX_WBITS}
"""Compressions we ask for, and the library's name for each."""
_BrokenError = cast("type[Exception]", isal_zlib.error)  # its types call it an exception, not a kind of them


class Unpacker:
    """Unpacks one answer.

    Args:
        encoding: as the answer's ``Content-Encoding`` says; nothing is the same as ``identity``.

    Raises:
        httpx.DecodingError: it is none that we ask for.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in {"", "identity", *ENCODINGS}:
            msg = f"answered in the compression “{self._encoding}”, which we did not ask for"
            raise httpx.DecodingError(msg)
        self._work = isal_zlib.decompressobj(ENCODINGS[self._encoding]) if self._encoding in ENCODINGS else None
        self._begun = False
        self.gzip: list[bytes] = []
        """What came as gzip, without what followed its end."""

    def unpack(self, raw: bytes, most: int) -> bytes:
        """Return what *raw* holds, at most *most* bytes: whoever gets so many gives the answer up.

        Raises:
            httpx.DecodingError: it is broken.
        """
        if self._work is None:
            return raw
        if self._work.eof:
            return b""
        self._begun = self._begun or bool(raw)
        try:
            part = self._work.decompress(raw, most)
        except _BrokenError as error:
            msg = f"broken compression: {error}"
            raise httpx.DecodingError(msg) from error
        if self._encoding.endswith("gzip"):
            self.gzip.append(raw.removesuffix(self._work.unused_data))
        return part

    def end(self) -> None:
        """Check that the answer was whole.

        Raises:
            httpx.DecodingError: it ended too early.
        """
        if self._work is not None and self._begun and not self._work.eof:
            msg = "broken compression: it ends too early"
            raise httpx.DecodingError(msg)
