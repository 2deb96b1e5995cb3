"""Compiled templates are kept, and never shown for others."""

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from entrepot.web.compiled import CompiledTemplates


def shown(source: str, kept: CompiledTemplates | None) -> str:
    loader = DictLoader({"page.html": source})
    return Environment(autoescape=True, loader=loader, bytecode_cache=kept).get_template("page.html").render(who="<me>")


@pytest.fixture
def setting(tmp_path: Path) -> Path:
    """The module that sets Jinja up."""
    path = tmp_path / "rendering.py"
    path.write_text("trim_blocks=True")
    return path


def keep(tmp_path: Path, setting: Path, monkeypatch: pytest.MonkeyPatch) -> CompiledTemplates:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    kept = CompiledTemplates.beside(tmp_path, setting)
    assert kept is not None
    return kept


def test_a_template_is_compiled_once(tmp_path: Path, setting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown("Hi {{ who }}", keep(tmp_path, setting, monkeypatch)) == "Hi &lt;me&gt;"
    monkeypatch.setattr(Environment, "_compile", None)  # nothing is compiled any more

    assert shown("Hi {{ who }}", keep(tmp_path, setting, monkeypatch)) == "Hi &lt;me&gt;"


def test_a_changed_template_is_compiled_anew(tmp_path: Path, setting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep(tmp_path, setting, monkeypatch)

    assert [shown(source, kept) for source in ("Hi", "Ho", "Hi")] == ["Hi", "Ho", "Hi"]


def test_all_are_compiled_anew_when_jinja_is_set_up_otherwise(
    tmp_path: Path, setting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown("Hi", keep(tmp_path, setting, monkeypatch))
    setting.write_text("trim_blocks=False")
    monkeypatch.setattr(Environment, "_compile", None)

    with pytest.raises(TypeError):
        shown("Hi", keep(tmp_path, setting, monkeypatch))


def test_a_folder_that_takes_nothing_keeps_no_page_from_being_shown(
    tmp_path: Path, setting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep(tmp_path, setting, monkeypatch)
    Path(kept.directory).rmdir()

    assert shown("Hi", kept) == "Hi"
    Path(kept.directory).write_text("a file where the folder was")
    assert CompiledTemplates.beside(tmp_path, tmp_path / "missing.py") is None


def test_who_wants_no_compiled_modules_gets_no_compiled_templates(
    tmp_path: Path, setting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    assert CompiledTemplates.beside(tmp_path, setting) is None
    assert not (tmp_path / "__pycache__").exists()
