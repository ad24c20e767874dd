"""The guides of docs/guides/ as pages below Help: for utilities, for program staff and for administrators."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.images import get_image_dimensions
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

from accounts.models import User

FOLDER = settings.BASE_DIR / "docs" / "guides"
UTILITIES, STAFF, ADMINISTRATORS = SLUGS = ("utilities", "staff", "administrators")
MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True)
class Section:
    """A heading of a guide with its text, in plain words."""

    anchor: str
    heading: str
    text: str


@dataclass(frozen=True)
class Guide:
    """A Markdown file: a title, a paragraph (the lede, in plain words), then sections with pictures beside the file."""

    slug: str
    title: str
    lede: str
    sections: tuple[Section, ...]

    def get_absolute_url(self) -> str:
        return reverse("guide", args=[self.slug])

    @cached_property
    def html(self) -> SafeString:
        """The sections. The static files must have been collected."""
        body = _tokens(self.slug)[6:]
        for opening, heading in pairwise(body):
            if opening.type == "heading_open":
                opening.attrs["id"] = slugify(_plain(heading))
        for picture in (part for token in body for part in token.children or () if part.type == "image"):
            name = str(picture.attrs["src"])
            width, height = get_image_dimensions(FOLDER / name)
            picture.attrs |= {"src": static(f"guides/{name}"), "loading": "lazy"}
            picture.attrs |= {"width": width or "", "height": height or ""}
        return mark_safe(MARKDOWN.renderer.render(body, MARKDOWN.options, {}))  # noqa: S308  ours, and no HTML in it


def guide(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in SLUGS:
        raise Http404
    return render(request, "config/guide.html", {"guide": read(slug), "guides": guides_for(request.user)})


def own_guide(request: HttpRequest) -> HttpResponse:
    return redirect(guides_for(request.user)[0])


def guides_for(user: User | AnonymousUser) -> list[Guide]:
    """Returns all guides, the reader's own first."""
    own = UTILITIES
    if user.is_authenticated and (user.is_staff or user.staff_groups):
        own = ADMINISTRATORS if user.is_staff else STAFF
    return [read(slug) for slug in sorted(SLUGS, key=lambda slug: slug != own)]


@cache
def read(slug: str) -> Guide:
    """Reads the guide. A heading and a paragraph are three tokens each; the second has its words."""
    _, title, _, _, lede, _, *body = _tokens(slug)
    return Guide(slug, _plain(title), _plain(lede), tuple(_sections(body)))


def _tokens(slug: str) -> list[Token]:
    return MARKDOWN.parse((FOLDER / f"{slug}.md").read_text())


def _sections(body: list[Token]) -> Iterator[Section]:
    starts = [place for place, token in enumerate(body) if token.type == "heading_open"]
    for start, stop in pairwise([*starts, len(body)]):
        heading = _plain(body[start + 1])
        texts = [_plain(token) for token in body[start + 3 : stop] if token.type == "inline"]
        yield Section(slugify(heading), heading, " ".join(filter(None, texts)))


def _plain(token: Token) -> str:
    """Returns the words of a paragraph, without those that describe a picture."""
    parts = [" " if part.type == "softbreak" else part.content for part in token.children or () if part.type != "image"]
    return "".join(parts)
