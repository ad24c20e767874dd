"""A PDF is made of this site's own files only."""

import pytest
from django.core.exceptions import SuspiciousFileOperation

from reports.rendering import OnlyOurStaticFiles


def test_a_static_file_is_read(settings):
    answer = OnlyOurStaticFiles().fetch(f"{settings.SITE_URL}/static/css/tokens.css?v=1")
    assert answer.content_type == "text/css"
    assert b"--brand" in answer.read()


def test_data_is_read():
    answer = OnlyOurStaticFiles().fetch("data:text/plain,well")
    assert answer.read() == b"well"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x.png",
        "https://example.org/x.png",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "http://localhost:8000/admin/",
        "http://localhost:8000/static/nothing-here.css",
        "http://localhost:8000/static.example.org/x.css",
    ],
)
def test_nothing_else_is_read(url):
    with pytest.raises(ValueError, match="disallowed|no static file"):
        OnlyOurStaticFiles().fetch(url)


@pytest.mark.parametrize("name", ["../manage.py", "%2e%2e/manage.py", "/etc/passwd"])
def test_no_way_out_of_the_static_folders(name):
    with pytest.raises((SuspiciousFileOperation, ValueError)):
        OnlyOurStaticFiles().fetch(f"http://localhost:8000/static/{name}")
