"""Chromium, the site it visits, and what every page must keep to: no error in its console, no violation of WCAG."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.files.storage import FileSystemStorage, default_storage
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from assessments.models import Finding, GapAnalysis
from initiatives.models import Initiative

# Nothing is loaded for the rule about sound that plays by itself: no page has any.
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast": {"enabled": False}},  # more than half of the time of all rules; CONTRAST has it
    "resultTypes": ["violations"],
    "preload": False,
}
# The rules whose outcome depends on the width of the page; the others were checked on the wide one.
WHEN_NARROW = {
    "runOnly": ["target-size", "scrollable-region-focusable"],
    "resultTypes": ["violations"],
    "preload": False,
}
CONTRAST = {
    "runOnly": ["color-contrast"],
    "resultTypes": ["violations", "passes"],
    "elementRef": True,
    "preload": False,
}
readable: set[str] = set()  # looks of texts that this process found good: color, size, what is painted behind them
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
KEPT = 5  # browsers that stay open between tests
DOES_NOT_EXIST, SINGLE, MULTIPLE = "Does not exist", "Supports a single area", "Supports multiple areas"
expect.set_options(timeout=10_000)  # two busy cores are slow; what is there at once is still seen at once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and "visits" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, plain_static_files: None) -> Iterator[LiveServer]:
    """The site, with the static files from where they are kept: nothing need be collected first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.test.testcases._StaticFilesHandler", StaticFilesHandler)
        patch.setattr("django.http.FileResponse.block_size", 1 << 20)  # USWDS's style sheet in one piece
        server = LiveServer("localhost")
        yield server
        server.stop()


@pytest.fixture(autouse=True)
def storages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files that a test keeps are its own."""
    monkeypatch.setattr(default_storage, "_wrapped", FileSystemStorage(location=tmp_path / "files"))


@dataclass
class Visits:
    """``visits(user, path)`` opens a page in a browser of its own; None is someone who is not signed in.

    Without ``options`` it takes one of ``usual``, which all tests use one after another: starting one takes longer than
    many a test, and they have the style sheets already.
    """

    browser: Browser
    usual: list[BrowserContext]
    url: str
    sign_in: Callable[[User], Any]
    size: dict[str, int] = field(default_factory=lambda: WIDE)  # of the pages that it opens
    expected: list[str] = field(default_factory=list)  # parts of console errors that the test brings about
    problems: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(self, user: User | None, path: str = "/", **options: Any) -> Page:
        context = new_context(self.browser, options) if options else self.free()
        self.contexts.append(context)
        if user:
            self.give_session(context, user)
        page = context.new_page()
        if self.size != WIDE:
            page.set_viewport_size(self.size)
        self.watch(page)
        page.goto(self.url + path)
        return page

    def free(self) -> BrowserContext:
        """One of ``usual`` that the test does not use yet. Each has a page that stays open, because Chromium ends the
        process of a site with its last page."""
        for context in self.usual:
            if context not in self.contexts:
                return context
        context = new_context(self.browser, {})
        context.new_page().goto(f"{self.url}/healthz")
        if len(self.usual) < KEPT:
            self.usual.append(context)
        return context

    def give_session(self, context: BrowserContext, user: User) -> None:
        session = self.sign_in(user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": self.url}])

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("console", lambda said: said.type == "error" and self.problems.append(f"{page.url}: {said.text}"))

    @property
    def unexpected(self) -> list[str]:
        return [problem for problem in self.problems if not any(part in problem for part in self.expected)]


def new_context(browser: Browser, options: dict[str, Any]) -> BrowserContext:
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce"} | options)
    context.set_default_timeout(10_000)
    return context


@pytest.fixture(scope="session")
def usual() -> list[BrowserContext]:
    return []


def clear(context: BrowserContext, origin: str) -> None:
    """Leaves the context as it was: one page, no cookies, nothing stored."""
    context.set_offline(False)
    context.clear_cookies()
    first, *others = context.pages
    for page in others:
        page.close()
    session = context.new_cdp_session(first)
    session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,session_storage"})
    session.detach()


@pytest.fixture
def visits(
    transactional_db: None,
    chromium: Browser,
    usual: list[BrowserContext],
    live_server: LiveServer,
    as_: Any,
    catalog: None,
) -> Iterator[Visits]:
    visits = Visits(chromium, usual, live_server.url, as_)
    if os.environ.get("SHOTS"):
        visits.expected.append("inline style")  # Playwright's own, while it takes a picture
    yield visits
    for context in visits.contexts:
        if context in usual:
            clear(context, live_server.url)
        else:
            context.close()
    assert visits.unexpected == [], "\n".join(visits.unexpected)


@pytest.fixture
def narrow(visits: Visits) -> None:
    """The test presses what it presses on a telephone, where controls are likelier hidden or covered.

    ``look`` shows its pages wide too. Most other tests press wide.
    """
    visits.size = NARROW


# Every element that is shown and has text of its own.
TEXTS = """
  const written = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim();
  const texts = [...document.querySelectorAll("body *:not(script, style, option, svg *)")]
    .filter((element) => element.checkVisibility() && [...element.childNodes].some(written));
"""

# What axe says of the rules that hold is longer than the page, and takes as long to read as the rules to check.
# ``small`` is every text that is drawn smaller than 14 px. Charts may be drawn smaller than their size, and each has
# its table.
LOOK = """async (options) => {
  TEXTS
  return {
    violations: (await axe.run(options)).violations,
    small: texts.filter((element) => parseFloat(getComputedStyle(element).fontSize) < 14)
      .map((element) => element.outerHTML.slice(0, 100)),
    width: document.documentElement.scrollWidth,
  };
}""".replace("TEXTS", TEXTS)

# ``readable`` has the looks of texts that need no second check. What is placed freely on the page has no look, since
# its parents do not say what is behind it: it is checked each time.
LOOK_AT_COLORS = """async ([options, readable]) => {
  TEXTS
  const known = new Set(readable);
  const grounds = new Map([[document.documentElement, ""]]);
  const ground = (element) => {
    if (!grounds.has(element)) {
      const {position, backgroundColor, backgroundImage, opacity} = getComputedStyle(element);
      const own = `${backgroundColor} ${backgroundImage} ${opacity}`, behind = ground(element.parentElement);
      const isPlaced = behind === null || ["absolute", "fixed", "sticky"].includes(position);
      grounds.set(element, isPlaced ? null : own === "rgba(0, 0, 0, 0) none 1" ? behind : `${behind} / ${own}`);
    }
    return grounds.get(element);
  };
  const look = (element) => {
    const {color, fontSize, fontWeight} = getComputedStyle(element);
    return ground(element) === null ? null : `${color} ${fontSize} ${fontWeight}${ground(element)}`;
  };
  const fields = [...document.querySelectorAll("input, select, textarea")].filter((field) => field.checkVisibility());
  const fresh = [...texts, ...fields].filter((element) => !known.has(look(element)));
  if (!fresh.length) return {violations: [], readable: []};
  const {violations, passes} = await axe.run({include: fresh}, options);
  const good = passes.flatMap((rule) => rule.nodes).map((node) => look(node.element)).filter((one) => one !== null);
  return {violations, readable: [...new Set(good)]};
}""".replace("TEXTS", TEXTS)


def look(page: Page, name: str, *, narrow: bool = True) -> None:
    """No violation of WCAG 2.2 AA, wide and narrow; nothing sticks out at the side of a telephone; no tiny text.

    The page is as wide afterward as it was before. A picture of each where SHOTS names a folder for them. A page that
    is still arriving is waited for.
    """
    page.wait_for_load_state()
    before = page.viewport_size or WIDE
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for size in (WIDE, NARROW) if narrow else (WIDE,):
        if page.viewport_size != size:
            page.set_viewport_size(size)
        seen = page.evaluate(LOOK, WHEN_NARROW if size == NARROW else WCAG)
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
        if size == WIDE:
            colors = page.evaluate(LOOK_AT_COLORS, [CONTRAST, list(readable)])
            readable.update(colors["readable"])
            seen["violations"] += colors["violations"]
        found = AxeResults(seen)
        assert found.violations_count == 0, f"{name} at {size['width']}\n{found.generate_report()}"
        assert seen["small"] == [], f"{name} at {size['width']}"
        assert seen["width"] <= size["width"], f"{name}: {seen['width']} px wide on a screen of {size['width']}"
    if page.viewport_size != before:
        page.set_viewport_size(before)


# --- A gap analysis ------------------------------------------------------------------------------


@pytest.fixture
def analysis(catalog: None, utility: Any, manager: User) -> GapAnalysis:
    """Under way, nothing answered, with two initiatives in place."""
    return start(utility, manager)


def start(utility: Any, by: User, **fields: Any) -> GapAnalysis:
    started = GapAnalysis.start(
        **{
            "by": by,
            "utility": utility,
            "name": "Integrated management system",
            "as_of": date(2026, 6, 30),
            "areas": ["E", "S", "Q", "F", "H"],
            "fence_line": "The plant at Mill Street and its sewers.",
            "initiatives": Initiative.objects.filter(slug__in=["cmom", "iso-14001"]),
        }
        | fields
    )
    return GapAnalysis.objects.visible_to(by).get(pk=started.pk)


def answer(analysis: GapAnalysis, by: User, slug: str, **changes: Any) -> None:
    """As if ``by`` had saved the row in another browser."""
    finding = Finding.objects.visible_to(by).get(analysis=analysis, element__slug=slug)
    finding.answer(finding.version, by=by, **changes)


def answer_all(analysis: GapAnalysis, by: User) -> None:
    answers = [(0, []), (1, ["E"]), (2, ["E", "S", "Q"])]
    for number, slug in enumerate(analysis.findings.values_list("element__slug", flat=True)):
        rating, areas = answers[number % 3]
        answer(analysis, by, slug, rating=rating, areas=areas, evidence=f"Evidence {number + 1}.")


def stored(analysis: GapAnalysis, slug: str) -> Finding:
    return analysis.findings.get(element__slug=slug)


# --- Its page --------------------------------------------------------------------------------------


def row(page: Page, slug: str) -> Locator:
    return page.locator(f"#row-{slug}")


def choose(page: Page, slug: str, rating: str) -> None:
    """With the mouse, where the person sees the choice."""
    row(page, slug).get_by_text(rating, exact=True).click()


def open_row(page: Page, slug: str) -> Locator:
    opened = row(page, slug)
    opened.get_by_role("button", name="Details of").click()
    expect(opened.get_by_label("Evidence")).to_be_visible()
    return opened


def open_adding(row: Locator) -> None:
    """Opens the forms that add a link or a file to an opened row."""
    row.get_by_text("Add a link or file").click()


def expect_saved(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_have_text("All changes saved")
