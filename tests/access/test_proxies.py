"""Where a request comes from, behind reverse proxies that are trusted and those that are not."""

from types import SimpleNamespace

import pytest
from litestar.datastructures import Headers

from entrepot.access.http import client_address
from entrepot.kit.settings import Settings


def request(peer: str, said: list[str], trusted: list[str]) -> SimpleNamespace:
    settings = Settings(trusted_proxies=trusted, _env_file=None)  # type: ignore[call-arg,arg-type]  # read from the environment
    return SimpleNamespace(
        client=SimpleNamespace(host=peer),
        headers=Headers([(b"x-forwarded-for", value.encode()) for value in said]),
        app=SimpleNamespace(state=SimpleNamespace(settings=settings)),
    )


@pytest.mark.parametrize(
    ("peer", "said", "trusted", "address"),
    [
        ("127.0.0.1", ["203.0.113.9"], [], "127.0.0.1"),
        ("198.51.100.1", ["203.0.113.9"], ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.5", ["203.0.113.9"], ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.5", ["192.0.2.66, 203.0.113.9"], ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.5", ["203.0.113.9, 10.0.0.7"], ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.5", ["192.0.2.66", "203.0.113.9"], ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.5", ["10.0.0.9"], ["10.0.0.0/8"], "10.0.0.9"),
        ("10.0.0.5", ["nonsense"], ["10.0.0.0/8"], "10.0.0.5"),
        ("10.0.0.5", [""], ["10.0.0.0/8"], "10.0.0.5"),
        ("10.0.0.5", [], ["10.0.0.0/8"], "10.0.0.5"),
        ("::1", ["2001:db8::1"], ["::1/128"], "2001:db8::1"),
        ("", ["203.0.113.9"], ["0.0.0.0/0"], ""),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, said: list[str], trusted: list[str], address: str) -> None:
    assert client_address(request(peer, said, trusted)) == address  # type: ignore[arg-type]  # has what is read
