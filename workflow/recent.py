"""What others changed lately: the list on the home page.

An app registers its changes in its ``recent.py``, which is imported at startup, like ``admin.py``. One query reads the
changes of all apps, so the home page costs the same however many kinds there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

LONGEST = timedelta(days=14)  # how far back the list goes
MOST = 100  # changes that are read; of more, the newest
OPEN = 10  # sentences that a page shows at once
SHOWN = 3  # links in one sentence; it counts the others
FORMER = "A former member"  # made the change and has no account any longer


@dataclass(frozen=True)
class Told:
    """A change in words: who ``did`` the link ``what``, ``then``. Without ``did`` the sentence begins with the link.

    ``who`` replaces the name of the person who made the change; empty if nobody is to be named.
    """

    did: str
    what: str
    url: str
    then: str = ""
    who: str | None = None


@dataclass
class Sentence:
    """Changes that one person made in one day and that differ in their links (words, URL) only. ``at`` is the last."""

    day: date
    at: datetime
    who: str
    did: str
    then: str
    links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[str, str]]:
        return self.links[:SHOWN]

    @property
    def n_more(self) -> int:
        return len(self.links) - len(self.shown)


@dataclass(frozen=True)
class Recent:
    """The sentences, the newest first. ``are_more`` changes than were read."""

    sentences: list[Sentence]
    are_more: bool

    @property
    def first(self) -> list[Sentence]:
        return self.sentences[:OPEN]

    @property
    def rest(self) -> list[Sentence]:
        return self.sentences[OPEN:]


Facts = Mapping[str, Any]
Rows = Callable[[Any], "QuerySet[Any]"]


@dataclass(frozen=True)
class _Source:
    rows: Rows
    told: Callable[[Facts], Told]
    at: str
    by: str


_sources: dict[str, _Source] = {}


def source(*, told: Callable[[Facts], Told], at: str = "at", by: str = "by") -> Callable[[Rows], Rows]:
    """Decorator for a function that returns the changes that a user may read, whoever made them and whenever.

    Its rows are annotated with ``facts`` (a JSONObject), of which ``told`` makes the words without a query. ``at`` and
    ``by`` name the fields that say when it was and who made it.
    """

    def add(function: Rows) -> Rows:
        _sources[f"{function.__module__}.{function.__qualname__}"] = _Source(function, told, at, by)
        return function

    return add


def recent_for(user: AbstractBaseUser, since: datetime) -> Recent:
    """Returns what others changed after ``since``, by day in the reader's zone. Makes one query."""
    parts = [_part(name, each, user, since) for name, each in _sources.items()]
    if not parts:
        return Recent([], are_more=False)
    rows = list(parts[0].union(*parts[1:], all=True).order_by("-when")[: MOST + 1])
    found: dict[tuple[date, str, str, str], Sentence] = {}
    for kind, when, who, facts in rows[:MOST]:
        told, day = _sources[kind].told(facts), timezone.localtime(when).date()
        who = (who or FORMER) if told.who is None else told.who
        sentence = found.setdefault((day, who, told.did, told.then), Sentence(day, when, who, told.did, told.then))
        if (told.what, told.url) not in sentence.links:
            sentence.links.append((told.what, told.url))
    return Recent(list(found.values()), are_more=len(rows) > MOST)


def _part(name: str, source: _Source, user: AbstractBaseUser, since: datetime) -> "QuerySet[Any]":
    rows = source.rows(user).filter(**{f"{source.at}__gt": since}).exclude(**{source.by: user})
    own_name, email = F(f"{source.by}__name"), F(f"{source.by}__email")
    who = Coalesce(NullIf(own_name, Value("")), email, Value(""), output_field=CharField())
    named = rows.annotate(kind=Value(name), when=F(source.at), who=who)
    return named.order_by("-when").values_list("kind", "when", "who", "facts")[: MOST + 1]
