"""Every page within reach: answers, keeps the console clean, fits a phone, and can be used by everyone (axe)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import PHONE, WIDE, listen

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
LOOK = """async () => {
    const kept = (name) => new Set(JSON.parse(sessionStorage[name] ?? "[]"));
    const keep = (name, found) => { sessionStorage[name] = JSON.stringify([...found]); };

    // Rows are alike, and looking at each takes most of the time.
    for (const list of document.querySelectorAll("main tbody, main ul, main select")) {
        for (const row of [...list.children].slice(6)) row.remove();
    }

    // So is what stands around: where it says what it said on a page before, it has been looked at.
    const around = kept("around");
    for (let node = document.querySelector("main"); node && node !== document.body; node = node.parentElement) {
        for (const part of [...node.parentElement.children]) {
            if (part === node) continue;
            const said = part.outerHTML.replace(/ value="[^"]*"| aria-current="page"/g, "");
            if (around.has(said)) part.remove();
            around.add(said);
        }
    }
    keep("around", around);

    // Texts drawn as none on the pages before was: contrast costs more to ask for than all other things together.
    const seen = kept("texts");
    const told = (node) => node ? node.tagName + "." + node.getAttribute("class") : "";
    const ground = (node) => {
        const colour = node ? getComputedStyle(node).backgroundColor : "none";
        return colour === "rgba(0, 0, 0, 0)" ? ground(node.parentElement) : colour;
    };
    for (const node of document.querySelectorAll("body *")) {
        if (![...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim())) continue;
        const style = getComputedStyle(node);
        const drawn = [style.color, ground(node), style.fontSize, style.fontWeight, style.opacity];
        const known = [told(node), told(node.parentElement), ...drawn].join(" ");
        if (seen.has(known)) continue;
        seen.add(known);
        node.dataset.newText = "";
    }
    keep("texts", seen);
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-new-text]" }] });

    const asked = { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] };
    const { violations } = await axe.run(document, asked);
    return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `axe: ${id}: ${nodes[0].html.slice(0, 120)}`);
}"""
"""Asks whether everyone can use a page, and leaves out what was asked on a page before."""
MOST = 200
"""Pages of one kind look alike: this many kinds are plenty, and a crawl that finds more has lost its way."""
FILES = re.compile(r"\.(pdf|csv|zpl|json)(\?|$)|/export")


def kind_of(address: str) -> str:
    """Return what an address has in common with those of like pages."""
    path = re.split(r"[?#]", address)[0]  # a list that is filtered or sorted looks as it did before
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9]{8,14}\b", "<id>", path).rstrip("/")


@pytest.mark.timeout(480)
def test_every_page_answers_fits_a_phone_and_is_accessible(open_context: Callable[..., BrowserContext]) -> None:
    page = page_to_look_at(open_context)
    errors = listen(page)
    page.goto("/")
    links = "links => links.map(link => link.getAttribute('href'))"
    menu: list[str] = page.locator("nav.side-nav a").evaluate_all(links)
    todo = [(address, 0) for address in [*menu, "/account", "/does-not-exist"]]
    seen: set[str] = set()
    troubles: list[str] = []
    while todo:
        address, depth = todo.pop(0)
        if kind_of(address) in seen:
            continue
        seen.add(kind_of(address))
        errors.clear()
        troubles += [f"{address}: {trouble}" for trouble in look_at(page, address)]
        if address != "/does-not-exist":
            troubles += [f"{address}: on the console: {error}" for error in errors]
        if depth == 0:
            found: list[str] = page.locator("main a[href]").evaluate_all(links)
            todo += [(link, 1) for link in found if link.startswith("/") and not FILES.search(link)]
    assert len(seen) > len(menu)
    assert len(seen) <= MOST, sorted(seen)
    assert troubles == [], "\n".join(troubles)


def page_to_look_at(open_context: Callable[..., BrowserContext], **how: object) -> Page:
    """Return a page that brings the questions along."""
    # The policy only so that they may be asked; the worker that keeps pages for later has tests of its own.
    page = open_context(bypass_csp=True, service_workers="block", **how).new_page()
    page.add_init_script(path=AXE)
    return page


def look_at(page: Page, address: str) -> list[str]:
    """Return what is wrong with one page."""
    page.evaluate("document.body.replaceChildren()")  # or the page before would be laid out for a phone once more
    page.set_viewport_size(PHONE)
    answer = page.goto(address)
    assert answer is not None
    troubles: list[str] = []
    if answer.status != (404 if address == "/does-not-exist" else 200):
        troubles.append(f"answers {answer.status}")
    opened = 0
    for slash in re.findall(r"<(/?)form\b", answer.text()):  # the browser would leave the inner one out without a word
        opened += -1 if slash else 1
        if opened > 1:
            troubles.append("has a form within a form")
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if too_wide > 0:
        troubles.append(f"is {too_wide} px too wide for a phone")
    page.set_viewport_size(WIDE)
    return troubles + cast("list[str]", page.evaluate(LOOK))
