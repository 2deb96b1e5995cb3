"""Compiled templates, kept beside the code as Python keeps its modules: all of them take seconds to compile."""

import contextlib
import sys
from hashlib import sha256
from pathlib import Path
from typing import Self, override

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(FileSystemBytecodeCache):
    """Keeps what templates compile to, as long as neither they, nor Jinja, nor how it is set up here change."""

    def __init__(self, folder: Path, made_by: bytes) -> None:
        super().__init__(str(folder))
        self._made_by = sha256(jinja2.__version__.encode() + made_by).hexdigest()

    @classmethod
    def beside(cls, package: Path, setting: Path) -> Self | None:
        """Return those kept in *package*, compiled as the module *setting* says; None where nothing may be kept."""
        if sys.dont_write_bytecode:
            return None
        folder = package / "__pycache__" / "templates"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return cls(folder, setting.read_bytes())
        except OSError:
            return None

    @override
    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(self._made_by + source)

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):  # read-only, or no room: it is compiled again the next time
            super().dump_bytecode(bucket)
