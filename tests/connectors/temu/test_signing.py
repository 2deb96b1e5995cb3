"""Signatures: Temu's own example, every recorded vector, and the law that what is signed is what is sent."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.connectors.temu.signing import signature, signed_body

VECTORS = "specs/temu/temu_protocol_facts_and_vectors.json"
TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
SCALARS = st.one_of(st.integers(-(2**53), 2**53), st.booleans(), TEXT)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data / VECTORS).read_text())["request_sign"]


def sign_of(secret: str, params: dict[str, Any]) -> str:
    return json.loads(signed_body(secret, params))["sign"]


def test_the_official_example(vectors: dict[str, Any]) -> None:
    example = vectors["official_example"]

    assert sign_of(example["secret"], example["params"]) == example["sign"]


@pytest.mark.parametrize("name", ["flat", "unicode_and_spaces", "bool_null"])
def test_every_other_vector(vectors: dict[str, Any], name: str) -> None:
    [vector] = [vector for vector in vectors["synthetic"] if vector["name"] == name]

    assert sign_of(vector["secret"], vector["params"]) == vector["sign"]


def test_no_vector_is_left_out(vectors: dict[str, Any]) -> None:
    assert {vector["name"] for vector in vectors["synthetic"]} == {"flat", "unicode_and_spaces", "bool_null"}


def test_another_sequence_of_nested_keys_is_another_signature(vectors: dict[str, Any]) -> None:
    example = vectors["official_example"]
    turned = json.loads(json.dumps(example["params"]))
    inner = turned["sendRequestList"][0]["orderSendInfoList"][0]
    turned["sendRequestList"][0]["orderSendInfoList"][0] = dict(reversed(inner.items()))

    assert sign_of(example["secret"], turned) != example["sign"]
    assert sign_of(example["secret"], dict(reversed(example["params"].items()))) == example["sign"], "sorted at the top"


@given(params=st.dictionaries(TEXT.filter(lambda name: name != "sign"), VALUES, max_size=6))
def test_what_is_signed_is_what_is_sent(params: dict[str, Any]) -> None:
    body = signed_body("secret", params)

    sent = json.loads(body)
    assert {name: value for name, value in sent.items() if name != "sign"} == params
    fragments = {name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for name, value in params.items()}
    assert all(value.encode() in body for name, value in fragments.items() if isinstance(params[name], int))
    assert len(sent["sign"]) == 32
    assert sent["sign"] == sent["sign"].upper()


def test_what_is_none_is_not_sent() -> None:
    assert signed_body("s", {"a": None, "b": 1}) == signed_body("s", {"b": 1})


def test_the_signature_itself_does_not_count() -> None:
    assert signature("s", {"a": "1", "sign": '"X"'}) == signature("s", {"a": "1"})
