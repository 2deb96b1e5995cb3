"""Paging by cursor, back as well as forth."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from entrepot.web.paging import LONGEST, page_links


def at(address: str) -> SimpleNamespace:
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return SimpleNamespace(query_params=query)


def walk(pages: int) -> list[str]:
    """Go forth over so many pages of a list whose handler keeps every parameter but the cursor."""
    address, visited = "/orders?q=mug", ["/orders?q=mug"]
    for number in range(1, pages):
        following = f"/orders?q=mug&cursor=c{number}"
        _, after = page_links(at(address), "/orders?q=mug" if number > 1 else None, following)  # type: ignore[arg-type]  # has what is read
        assert after is not None
        address = after
        visited.append(address)
    return visited


def test_previous_leads_back_page_by_page_to_the_first() -> None:
    visited = walk(4)

    for number in (3, 2, 1):
        before, _ = page_links(at(visited[number]), "/orders?q=mug", None)  # type: ignore[arg-type]  # has what is read
        assert before == visited[number - 1]
    assert page_links(at(visited[0]), None, None) == (None, None)  # type: ignore[arg-type]  # has what is read


def test_a_trail_does_not_grow_for_ever() -> None:
    query = parse_qs(urlsplit(walk(LONGEST + 10)[-1]).query)

    assert len(query["trail"][0].split("!")) == LONGEST
