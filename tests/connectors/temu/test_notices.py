"""Notices: the documented example, both ways of signing, and everything that is not from Temu."""

import json
from pathlib import Path
from typing import Any

import pytest

from entrepot.channels.contract_notices import NoticeKind
from entrepot.channels.errors import NoticeRefusedError
from entrepot.connectors.temu.notices import decrypt, is_signed, read_notice, signatures
from entrepot.sandbox.temu.notices import encrypt, signed

VECTORS = "specs/temu/temu_protocol_facts_and_vectors.json"
KEY, SECRET = "app", "0123456789abcdef-and-more"
ORDER = "bg_order_status_change_event"


@pytest.fixture(scope="module")
def vector(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data / VECTORS).read_text())["webhook"]


def deliver(event: str = ORDER, *, example_style: bool = False, **content: Any) -> tuple[dict[str, str], bytes]:  # noqa: ANN401 -- JSON
    headers, body = signed(KEY, SECRET, event, json.dumps(content).encode(), example_style=example_style)
    return dict(headers), body


def test_decrypts_the_documented_example(vector: dict[str, Any]) -> None:
    assert decrypt(vector["secret"], vector["body"]["eventData"]) == vector["decrypted"]


def test_signs_the_documented_example_in_both_ways(vector: dict[str, Any]) -> None:
    text, program = signatures(vector["secret"], vector["sign_inputs"])

    assert text == vector["signature_documented"]
    assert program in vector["alternative_base_string_in_official_java_sample"]
    for given in (text, program, text.upper(), program.upper()):
        assert is_signed(vector["secret"], vector["sign_inputs"], given)
    assert not is_signed(vector["secret"], vector["sign_inputs"], text[:-1] + ("0" if text[-1] != "0" else "1"))
    assert not is_signed(vector["secret"], vector["sign_inputs"], "")
    assert not is_signed(vector["secret"], vector["sign_inputs"], "café")


def test_reads_the_documented_example_as_it_comes(vector: dict[str, Any]) -> None:
    headers = {name: value for name, value in vector["sign_inputs"].items() if name != "eventData"}
    headers["x-tm-signature"] = vector["signature_documented"]

    [notice] = read_notice("demo-test-app", vector["secret"], headers, json.dumps(vector["body"]).encode())

    assert notice.kind is NoticeKind.OTHER, "a test says nothing about an order"
    assert notice.subject == "XXYYZZ"


@pytest.mark.parametrize("example_style", [False, True])
def test_an_order_that_changed(example_style: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    headers, body = deliver(
        parentOrderSn="PO-1", orderSn="1-2", orderStatus=2, updateTime=1_700_000_000, example_style=example_style
    )

    [notice] = read_notice(KEY, SECRET, headers, body)

    assert (notice.kind, notice.subject) == (NoticeKind.ORDER, "PO-1")
    assert notice.at is not None
    assert notice.at.timestamp() == 1_700_000_000


def test_a_repeated_delivery_has_the_same_id_and_another_change_has_not() -> None:
    def id_of(**content: Any) -> str:  # noqa: ANN401 -- JSON
        return read_notice(KEY, SECRET, *deliver(**content))[0].notice_id

    once = id_of(parentOrderSn="PO-1", orderStatus=2, updateTime=1)
    assert once == id_of(parentOrderSn="PO-1", orderStatus=2, updateTime=1)
    assert once != id_of(parentOrderSn="PO-1", orderStatus=4, updateTime=2)


@pytest.mark.parametrize(
    ("event", "content", "kind"),
    [
        (ORDER, {"parentOrderSn": "PO-1", "orderStatus": 1}, NoticeKind.OTHER),
        (ORDER, {}, NoticeKind.OTHER),
        ("bg_trade_logistics_address_changed", {"parentOrderSn": "PO-1"}, NoticeKind.ORDER),
        ("bg_cancel_order_status_change", {"parentOrderSn": "PO-1"}, NoticeKind.ORDER),
        ("bg_aftersales_status_change", {"parentOrderSn": "PO-1"}, NoticeKind.RETURN),
        ("bg_open_event_test", {"parentOrderSn": "PO-1"}, NoticeKind.OTHER),
        ("something new", {"x": [1, 2]}, NoticeKind.OTHER),
    ],
)
def test_what_notices_are_about(event: str, content: dict[str, Any], kind: NoticeKind) -> None:
    assert [notice.kind for notice in read_notice(KEY, SECRET, *deliver(event, **content))] == [kind]


def test_refuses_what_does_not_come_from_temu() -> None:
    headers, body = deliver(parentOrderSn="PO-1", orderStatus=2)
    forged, _ = signed(KEY, "0123456789abcdef-but-another", ORDER, b'{"parentOrderSn":"PO-1","orderStatus":2}')
    other = json.dumps({"eventData": encrypt(SECRET, b'{"parentOrderSn":"PO-2"}')}).encode()
    bad: list[tuple[dict[str, str], bytes]] = [
        ({}, b""),
        (headers, b""),
        (headers, b"{}"),
        (headers, b"\xff\xfe"),
        (headers, b"[" * 100_000),
        (headers, b'{"eventData": "no base64"}'),
        (headers, b'{"eventData": "c2hvcnQ="}'),
        (headers, other),
        (dict(forged), body),
        (headers | {"x-tm-app-key": "another"}, body),
        (headers | {"x-tm-timestamp": "1"}, body),
        (headers | {"x-tm-event-code": "bg_open_event_test"}, body),
        (headers | {"x-tm-signature": "café"}, body),
        ({name: value for name, value in headers.items() if name != "x-tm-signature"}, body),
    ]
    for wrong_headers, wrong_body in bad:
        with pytest.raises(NoticeRefusedError) as caught:
            read_notice(KEY, SECRET, wrong_headers, wrong_body)
        assert SECRET not in caught.value.detail
