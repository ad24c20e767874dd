"""Renders templates to accessible PDFs (PDF/UA-1)."""

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
from weasyprint.pdf.metadata import DocumentMetadata
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

VARIANT = "pdf/ua-1"


class OnlyOurStaticFiles(URLFetcher):
    """A fetcher of this site's static files and ``data:`` URLs, but nothing from the network and no other local file.

    So a URL that a person typed into a text can't make the server request it or reveal one of its files.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Returns the file. Raises ValueError for any other URL; WeasyPrint logs that and leaves its place empty."""
        static = urljoin(settings.SITE_URL, settings.STATIC_URL)
        if not url.startswith(static):
            return super().fetch(url, headers)
        name = unquote(urlsplit(url.removeprefix(static)).path)
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, static_file(name).read_bytes(), {"Content-Type": content_type})


def static_file(name: str) -> Path:
    """Returns the collected file or else (development, tests) its source. Neither lookup leaves its folders."""
    collected = Path(staticfiles_storage.path(name))
    if collected.is_file():
        return collected
    source = finders.find(name)
    if not source:
        raise ValueError(f"no static file {name}")
    return Path(source)


def pages(template: str, context: dict[str, Any], **shared: Any) -> Document:
    """Returns the template laid out on pages. A link in it that starts with / leads to this site."""
    html = HTML(
        string=render_to_string(template, context), base_url=settings.SITE_URL, url_fetcher=OnlyOurStaticFiles()
    )
    # WeasyPrint needs the PDF options at layout too.
    return html.render(pdf_variant=VARIANT, **shared)


def pdf(document: Document) -> bytes:
    return document.write_pdf(pdf_variant=VARIANT)


class Volume:
    """Many documents, laid out one by one and written as one accessible PDF.

    Merging finished PDFs would lose their structure.
    """

    def __init__(self) -> None:
        # Shared fonts and images: a document's own would be deleted, with their files, before the PDF is written.
        self._shared: dict[str, Any] = {"font_config": FontConfiguration(), "cache": {}}
        self._documents: list[Document] = []

    def __len__(self) -> int:
        return len(self._documents)

    def add(self, title: str, template: str, context: dict[str, Any]) -> None:
        """Lays out one more document; ``title`` becomes its bookmark."""
        document = pages(template, context, **self._shared)
        _tell_apart(document, len(self) + 1, title)
        self._documents.append(document)

    def write(self, path: Path, title: str) -> None:
        """Writes the PDF. Raises IndexError if nothing was added."""
        first = self._documents[0]
        joined = first.copy(page for document in self._documents for page in document.pages)
        joined.metadata = DocumentMetadata(title=title, authors=first.metadata.authors, lang=first.metadata.lang)
        joined.write_pdf(path, pdf_variant=VARIANT)


def _tell_apart(document: Document, number: int, title: str) -> None:
    """Makes anchors unique, because documents of one template have the same ones. Adds the document's bookmark."""
    for page in document.pages:
        page.anchors = {f"{number}.{name}": place for name, place in page.anchors.items()}
        page.links = [
            (kind, f"{number}.{target}" if kind == "internal" else target, *rest) for kind, target, *rest in page.links
        ]
        page.bookmarks = [(level + 1, *rest) for level, *rest in page.bookmarks]
    document.pages[0].bookmarks.insert(0, (1, title, (0, 0), "closed"))
