"""What browsers load: USWDS keeps what a page may use, and only that; pages are compressed for who asks for it."""

import gzip

import pytest
from django.conf import settings
from django.test import Client

from config.static_files import trimmed, words

SHEET = """
@charset "utf-8";
@font-face{font-family:Merriweather Web;src:url(a.woff2)}
@font-face{font-family:Public Sans Web;src:url(b.woff2)}
html{line-height:1}
.usa-button,.usa-banner{color:red}
.usa-button:not(.usa-button--unstyled):hover{color:blue}
.usa-alert--error .usa-alert__body{color:red}
.usa-card .usa-button{color:red}
@media (min-width:40em){.usa-card{color:red}.usa-button{margin:0}}
@media print{.usa-card{color:red}}
@supports (display:grid){.usa-card{color:red}}
.tablet\\:grid-col{flex:1}
"""


def test_a_rule_stays_if_all_its_classes_are_used():
    kept = trimmed(SHEET, {"usa-button", "usa-alert--", "usa-alert__body"})
    assert kept.replace("\n", "") == (
        '@charset "utf-8";'
        "html{line-height:1}"
        ".usa-button{color:red}"
        ".usa-button:not(.usa-button--unstyled):hover{color:blue}"
        ".usa-alert--error .usa-alert__body{color:red}"
        "@media (min-width:40em){.usa-button{margin:0}}"
    )


def test_every_class_of_uswds_that_is_written_somewhere_keeps_its_rules():
    sheet = (settings.BASE_DIR / "node_modules/@uswds/uswds/dist/css/uswds.min.css").read_text()
    kept = trimmed(sheet, words())
    assert len(kept) < 60_000
    for rule in (
        ".usa-button--outline:hover",
        ".usa-button--outline:disabled",
        ".usa-alert--warning .usa-alert__body",
        ".usa-checkbox__input:checked+[class*=__label]::before",
        ".usa-select",
    ):
        assert rule in sheet, f"USWDS writes {rule} otherwise now"
        assert rule in kept
    assert ".usa-accordion" in sheet
    assert ".usa-accordion" not in kept, "no page has one"


@pytest.mark.django_db
def test_pages_are_compressed_for_who_asks_and_nothing_else_is():
    asks = {"Accept-Encoding": "gzip, deflate, br"}
    page = Client().get("/privacy/", headers=asks)
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"<h1" in gzip.decompress(page.content)
    assert "Content-Encoding" not in Client().get("/privacy/")
    assert "Content-Encoding" not in Client().get("/api/v1/openapi.json", headers=asks)
