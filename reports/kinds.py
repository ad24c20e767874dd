"""The kinds of report. An app registers its kinds in its ``reports.py``, which is imported at startup."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet, TextChoices

from files.checks import ALLOWED
from files.models import StoredFile
from workflow.spreadsheets import Rows


class FileType(TextChoices):
    """What a report that is one document may be made as."""

    PDF = "pdf", "PDF"
    DOCX = "docx", "Word"
    XLSX = "xlsx", "Excel"
    ZIP = "zip", "ZIP"

    @property
    def content_type(self) -> str:
        return "application/zip" if self == self.ZIP else ALLOWED[f".{self.value}"][0]


@dataclass(frozen=True)
class Sharing:
    """Whose reports a user shares, as querysets of objects.

    ``readable(user)`` are the objects of which the user may read the reports that others requested,
    ``managed(user)`` those of which the user may also delete them. ``utility`` is the path from an object to its
    utility.
    """

    readable: Callable[[Any], QuerySet[Any]]
    managed: Callable[[Any], QuerySet[Any]]
    utility: str = "utility"

    @classmethod
    def of_utility(cls, model: Any, utility: str = "utility") -> "Sharing":
        """Members share the reports of its rows, which belong to a utility; its managers may delete them."""
        return cls(readable=model.objects.visible_to, managed=model.objects.managed_by, utility=utility)

    def given(self, user: AbstractBaseUser) -> QuerySet[Any]:
        """Returns the objects whose report, of the outer query, the user may have with all that it told then."""
        objects = self.readable(user)
        for limit in _limits:
            objects = limit(user, objects, self.utility)
        return objects


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a report into its ZIP, at a path there. ``why`` tells why there is none."""

    place: str
    file: StoredFile | None
    why: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of report.

    ``find(user, object_id)`` returns the object, or None if ``user`` may not ask for its report;
    ``title(object)`` returns the report's title, ``filename(object)`` a name without the extension and
    ``context(object)`` the context of ``template``. The template makes the PDF and, if ``in_word``, also a Word
    document; without ``in_pdf`` there is neither. ``sheets(context)`` returns the sheets of an Excel file; without it
    there is none. ``enclosures(object)`` returns the files that go with it; with it there is a ZIP of the PDF, the
    Excel file and these. For a ZIP, ``context`` also gets the paths of the enclosures that are not in it, each with
    why. Without ``sharing``, each report is only for the user who requested it.
    """

    name: str
    label: str
    template: str
    find: Callable[[Any, int], Any]
    title: Callable[[Any], str]
    filename: Callable[[Any], str]
    context: Callable[..., dict[str, Any]]
    in_pdf: bool = True
    in_word: bool = False
    sheets: Callable[[dict[str, Any]], Mapping[str, Rows]] | None = None
    enclosures: Callable[[Any], Sequence[Enclosure]] | None = None
    sharing: Sharing | None = None

    @property
    def file_types(self) -> list[FileType]:
        offered = {
            FileType.PDF: self.in_pdf,
            FileType.DOCX: self.in_word,
            FileType.XLSX: self.sheets is not None,
            FileType.ZIP: self.enclosures is not None,
        }
        return [each for each in FileType if offered[each]]


@dataclass(frozen=True)
class Part:
    """One report of a bundle: its kind and object, and the path of its PDF in the ZIP, without the extension."""

    kind: str
    object_id: int
    folder: str
    filename: str


@dataclass(frozen=True)
class Bundle:
    """Many single reports requested as one: a ZIP of them all, with PDFs for printing for each folder.

    ``parts(object)`` returns them in print order. The other fields are as in ``Kind``. Each part must also pass the
    ``find`` of its own kind, so a bundle contains nothing that the user could not get alone.
    """

    name: str
    label: str
    find: Callable[[Any, int], Any]
    title: Callable[[Any], str]
    filename: Callable[[Any], str]
    parts: Callable[[Any], Sequence[Part]]

    @property
    def file_types(self) -> list[FileType]:
        return [FileType.PDF]  # of its parts


@dataclass(frozen=True)
class Packed:
    """A ZIP that its room writes itself.

    ``write(object, user, path, tell)`` writes it to ``path`` for the user. ``tell(percent, words)`` says between two
    steps how far it is; it raises WrongState if the work is to stop. The other fields are as in ``Kind``.
    """

    name: str
    label: str
    find: Callable[[Any, int], Any]
    title: Callable[[Any], str]
    filename: Callable[[Any], str]
    write: Callable[[Any, Any, Path, Callable[[int, str], None]], None]

    @property
    def file_types(self) -> list[FileType]:
        return [FileType.PDF]  # of none: it is a ZIP, as a bundle is


@dataclass(frozen=True)
class Chapter:
    """What an app adds to a report of an app below it.

    ``template`` shows what is in ``content`` (its name there too), in the HTML of the PDF and the Word document;
    ``sheets`` are for the Excel file.
    """

    template: str
    content: Any
    sheets: Mapping[str, Rows]


_kinds: dict[str, Kind | Bundle | Packed] = {}
_authors: dict[str, list[Callable[..., Chapter]]] = {}


_limits: list[Callable[[Any, QuerySet[Any], str], QuerySet[Any]]] = []


def limits(limit: Callable[[Any, QuerySet[Any], str], QuerySet[Any]]) -> Callable[..., QuerySet[Any]]:
    """Decorator: says which of the objects' reports a user may not have any more, although they may read the object.

    ``limit(user, objects, utility)`` returns the others, as a subquery of one over reports; ``utility`` is the path to
    the objects' utility.
    """
    _limits.append(limit)
    return limit


def register(kind: Kind | Bundle | Packed) -> None:
    if kind.name in _kinds:
        raise ValueError(f"report kind {kind.name!r} is registered twice")
    _kinds[kind.name] = kind


def adds_to(name: str) -> Callable[[Callable[..., Chapter]], Callable[..., Chapter]]:
    """Decorator: the kind ``name`` gets the chapter that the function returns for what ``chapters`` is given."""

    def add(author: Callable[..., Chapter]) -> Callable[..., Chapter]:
        _authors.setdefault(name, []).append(author)
        return author

    return add


def chapters(name: str, *given: Any) -> list[Chapter]:
    """Returns what other apps add to a report of this kind; the kind says what it gives them."""
    return [author(*given) for author in _authors.get(name, ())]


def get(name: str) -> Kind | Bundle | Packed:
    """Returns the kind. Raises KeyError for a name that no app registered."""
    return _kinds[name]


def single(name: str) -> Kind:
    """Returns the kind of a report that is one document. Raises KeyError for any other name."""
    kind = _kinds[name]
    if not isinstance(kind, Kind):
        raise KeyError(name)
    return kind


def shared() -> Iterator[tuple[str, Sharing]]:
    """Yields the names of the kinds whose reports are shared, each with how."""
    for kind in _kinds.values():
        if isinstance(kind, Kind) and kind.sharing:
            yield kind.name, kind.sharing


def is_bundle(name: str) -> bool:
    return isinstance(_kinds.get(name), Bundle)


def is_zip(name: str) -> bool:
    return isinstance(_kinds.get(name), Bundle | Packed)
