"""What others changed lately: the list on the home page.

An app registers its changes in its ``recent.py``, which is imported at startup, like ``admin.py``. One query reads the
changes of all apps, so the home page costs the same however many kinds there are. Another reads the last one of each
utility, for the overview of utilities.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf, TruncDate
from django.utils import timezone

from workflow import composed

MAX_AGE = timedelta(days=14)  # how far back the list goes
MAX_CHANGES = 100  # changes that are read; of more, the newest
OPEN = 10  # sentences that a page shows at once
SHOWN = 3  # links in one sentence; it counts the others
FORMER = "A former member"  # made the change and has no account any longer


@dataclass(frozen=True)
class ChangeText:
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
    """Changes that one person made in one day and that differ in their links (words, URL) only. ``at`` is the last.

    ``utility`` is the name of the utility, empty where the link has it.
    """

    day: date
    at: datetime
    who: str
    did: str
    then: str
    utility: str = ""
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
    text: Callable[[Facts], ChangeText]
    at: str
    by: str
    utility: str
    alike: tuple[str, ...]


_sources: dict[str, _Source] = {}


def source(
    *, text: Callable[[Facts], ChangeText], utility: str, at: str = "at", by: str = "by", alike: tuple[str, ...] = ()
) -> Callable[[Rows], Rows]:
    """Decorator for a function that returns the changes that a user may read, whoever made them and whenever.

    Its query is composed once for all: see ``composed.rows`` for what it may ask of the user.
    Its rows are annotated with ``facts`` (a JSONObject), of which ``text`` makes the words without a query. ``at`` and
    ``by`` name the fields that say when it was and who made it, ``utility`` is the path to the utility of a change.
    Of changes that one person made in one day and that have the same ``alike``, the list has the newest only.
    """

    def add(function: Rows) -> Rows:
        _sources[f"{function.__module__}.{function.__qualname__}"] = _Source(function, text, at, by, utility, alike)
        return function

    return add


def recent_for(user: AbstractBaseUser, since: datetime) -> Recent:
    """Returns what others changed after ``since``, by day in the reader's zone. Makes one query."""
    newest = composed.rows(_newest_of_all, user, since) if _sources else []
    found: dict[tuple[date, str, str, str, str], Sentence] = {}
    for row in newest[:MAX_CHANGES]:
        one = _sentence(*row)
        sentence = found.setdefault((one.day, one.who, one.did, one.then, one.utility), one)
        if one.links[0] not in sentence.links:
            sentence.links += one.links
    return Recent(list(found.values()), are_more=len(newest) > MAX_CHANGES)


def _newest_of_all(user: AbstractBaseUser, since: datetime) -> "QuerySet[Any]":
    parts = []
    for name, each in _sources.items():
        rows = each.rows(user).filter(**{f"{each.at}__gt": since}).exclude(**{each.by: user})
        shown = _newest(rows, each) if each.alike else rows
        parts.append(_part(name, each, shown).order_by("-when")[: MAX_CHANGES + 1])
    return parts[0].union(*parts[1:], all=True).order_by("-when")[: MAX_CHANGES + 1]


def last_by_utility(user: AbstractBaseUser) -> dict[int, Sentence]:
    """Returns the last change at each utility, whoever made it, by key of the utility. Makes one query."""
    found: dict[int, Sentence] = {}
    for row in composed.rows(_last_of_each, user) if _sources else ():
        found[row[-1]] = _sentence(*row)
    return found


def _last_of_each(user: AbstractBaseUser) -> "QuerySet[Any]":
    parts = []
    for name, each in _sources.items():
        rows, utility = each.rows(user), f"{each.utility}_id"
        dated = rows.filter(**{f"{each.at}__isnull": False})
        newest = dated.order_by(utility, f"-{each.at}", "-pk").distinct(utility).values("pk")
        parts.append(_part(name, each, rows.filter(pk__in=newest)).order_by())
    return parts[0].union(*parts[1:], all=True).order_by("when")


def _newest(rows: "QuerySet[Any]", source: _Source) -> "QuerySet[Any]":
    at, same = source.at, {name: OuterRef(name) for name in (*source.alike, source.by)}
    later = Q(**{f"{at}__gt": OuterRef(at)}) | Q(**{at: OuterRef(at)}, pk__gt=OuterRef("pk"))
    on_day = rows.model._default_manager.annotate(day=TruncDate(at)).filter(later, **same, day=OuterRef("day"))
    return rows.annotate(day=TruncDate(at)).filter(~Exists(on_day.order_by()))


def _part(name: str, source: _Source, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    own_name, email = F(f"{source.by}__name"), F(f"{source.by}__email")
    who = Coalesce(NullIf(own_name, Value("")), email, Value(""), output_field=CharField())
    of = {"of_name": F(f"{source.utility}__name"), "of": F(f"{source.utility}_id")}
    named = rows.annotate(kind=Value(name), when=F(source.at), who=who, **of)
    return named.values_list("kind", "when", "who", "facts", "of_name", "of")


def _sentence(kind: str, when: datetime, who: str, facts: Facts, utility: str, pk: int) -> Sentence:
    text = _sources[kind].text(facts)
    who = (who or FORMER) if text.who is None else text.who
    utility = "" if utility in text.what else utility
    return Sentence(timezone.localtime(when).date(), when, who, text.did, text.then, utility, [(text.what, text.url)])
