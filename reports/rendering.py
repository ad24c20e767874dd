"""From a template to the bytes of an accessible PDF (PDF/UA-1)."""

import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from weasyprint import HTML
from weasyprint.document import Document
from weasyprint.urls import URLFetcher, URLFetcherResponse

VARIANT = "pdf/ua-1"


class OnlyOurStaticFiles(URLFetcher):
    """Reads this site's static files and ``data:`` URLs. Neither the network nor any other file of this machine.

    So an address that a person typed into a text can't make the server fetch it or show a file of its own.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Raises ValueError for an address that is not read; WeasyPrint leaves its place empty and logs that."""
        static = urljoin(settings.SITE_URL, settings.STATIC_URL)
        if not url.startswith(static):
            return super().fetch(url, headers)
        name = unquote(urlsplit(url.removeprefix(static)).path)
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, _static_file(name).read_bytes(), {"Content-Type": content_type})


def _static_file(name: str) -> Path:
    """Where it was collected, else (development, tests) where it comes from. Both refuse to leave their folders."""
    collected = Path(staticfiles_storage.path(name))
    if collected.is_file():
        return collected
    source = finders.find(name)
    if not source:
        raise ValueError(f"no static file {name}")
    return Path(source)


def pages(template: str, context: dict[str, Any]) -> Document:
    """The template laid out on pages. A link in it that starts with / leads to this site."""
    html = render_to_string(template, context)
    # WeasyPrint takes the options of the writing at the layout too.
    return HTML(string=html, base_url=settings.SITE_URL, url_fetcher=OnlyOurStaticFiles()).render(pdf_variant=VARIANT)


def pdf(document: Document) -> bytes:
    return document.write_pdf(pdf_variant=VARIANT)
