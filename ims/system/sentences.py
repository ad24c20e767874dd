"""What the living records and measures of a utility say in a sentence each, for texts that leave its system.

The texts hold no links. Records of closed registers are never among them, whoever asks.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.text import get_text_list

from accounts.models import User, Utility
from ims import registers
from ims.check.measures import Measure
from ims.check.readings import Standing, latest
from ims.check.trends import Trend
from ims.records import Record
from ims.registers import Register

READINGS_SHOWN = 3  # readings in a sentence
TRENDS = {Trend.BETTER: "getting better", Trend.STEADY: "steady", Trend.WORSE: "getting worse"}


@dataclass(frozen=True)
class Sentence:
    """A record that counts as living. ``text`` is what it says; ``url`` is for the utility's own people."""

    key: int
    register: str  # its name
    is_measure: bool
    text: str
    url: str


def sentences(
    utility: Utility, user: User, *, elements: Iterable[str] = (), words: Sequence[str] = ()
) -> list[Sentence]:
    """Returns the living records that serve one of the ``elements`` or have one of the ``words`` in their title.

    Measures come first, those with a reading only. Makes two queries for each register that has any, and one more.
    """
    served, found = frozenset(elements), defaultdict(list)
    shared = Record.objects.visible_to(user).select_related(None).filter(utility=utility, restricted=False).order_by()
    fits = {each.slug: each for each in registers.known() if each.element_of or each.element in served}
    named = Q(title__iregex=rf"\m({'|'.join(map(re.escape, words))})") if words else Q(pk=None)
    for slug, key in shared.filter(Q(register__in=fits) | named).values_list("register", "pk"):
        found[slug].append(key)
    made = [
        made_of
        for register in registers.known()
        for record in _rows(register, found.get(register.slug, []))
        if (words or register.serves(record) in served) and not register.living(record)
        if (made_of := _sentence(register, record))
    ]
    return sorted(made, key=lambda each: not each.is_measure)


def _rows(register: Register, keys: list[int]) -> Iterable[Any]:
    if not keys:
        return []
    became = Max("events__at", filter=Q(events__to_status=F("status")) & ~Q(events__from_status=F("status")))
    rows: Any = register.model.objects.filter(pk__in=keys).annotate(became=became).order_by("number")
    return rows.prefetch_related(latest()) if register.model is Measure else rows


def _sentence(register: Register, record: Any) -> Sentence | None:
    is_measure = isinstance(record, Measure)
    text = measured(Standing.of(record)) if is_measure else status_sentence(record)
    return Sentence(record.pk, register.name, is_measure, text, record.get_absolute_url()) if text else None


def status_sentence(record: Any) -> str:
    """Returns “DOC-2026-014 Chlorine response: approved since March 3, 2026.” ``record`` has ``became``."""
    since = f" since {timezone.localdate(record.became):%B %-d, %Y}" if record.became else ""
    return f"{record}: {record.status_label.lower()}{since}."


def measured(standing: Standing) -> str:
    """Returns the last readings of a measure, their trend and whether the target is met; empty without a reading.

    “MEA-2026-002 Overflows: 4.0 per 100 miles in Q3 2026, after 6.0 in Q1 2026 and 5.0 in Q2 2026; getting better over
    6 readings; the target, 5.0 or less, is met.”
    """
    measure, last = standing.measure, standing.last
    if last is None or last.value is None:
        return ""
    before = [
        f"{measure.shown(each.value)} in {measure.period_name(each.period)}"
        for each in standing.readings[-READINGS_SHOWN:-1]
    ]
    parts = [f"{measure.with_unit(last.value)} in {measure.period_name(last.period)}"]
    if before:
        parts[0] += f", after {get_text_list(before, 'and')}"
    if standing.trend:
        parts.append(f"{TRENDS[standing.trend]} over {len(standing.readings)} readings")
    if standing.met is not None:
        parts.append(f"the target, {standing.goal_words}, is {'' if standing.met else 'not '}met")
    return f"{measure}: {'; '.join(parts)}."
