"""What ``look`` finds on a page that it has looked at before."""

import pytest

from tests.browser.conftest import look


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("element.style.color = '#999'", "color-contrast"),
        ("element.parentElement.style.backgroundColor = '#555'", "color-contrast"),
        ("element.parentElement.style.opacity = '0.4'", "color-contrast"),
        ("element.style.fontSize = '12px'", "drawn|<p"),
        ("element.setAttribute('role', 'nothing')", "aria-roles"),
        ("element.style.width = '600px'", "px wide on a screen of 390"),
    ],
)
def test_what_became_wrong_is_found(visits, change, found):
    page = visits(None, "/pdca/")
    look(page, "guide")
    page.locator("main p").first.evaluate(f"(element) => {{ {change} }}")
    with pytest.raises(AssertionError, match=found):
        look(page, "guide")
