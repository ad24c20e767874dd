"""Demo data: the workshops of ims/data/demo.yaml."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.utils import timezone

from accounts.models import User, Utility
from ims.people import Person
from ims.plan.harmonize.closing import close
from ims.plan.harmonize.models import Ballot, Pair, Participant, Proposal, Workshop
from ims.plan.objectives import Objective
from ims.records import Record

Status = Workshop.Status


class Loading:
    """One workshop. ``objectives`` and ``named`` have what the file names by key and by name."""

    def __init__(
        self,
        data: Mapping[str, Any],
        utility: Utility,
        objectives: Mapping[str, Objective],
        named: Mapping[str, Person],
        by: User,
    ) -> None:
        self.data, self.named, self.by = data, named, by
        due = self._at(data["due"]).date()
        made = Workshop.open_in(utility, by=by, title=data["title"], owner=named[data["owner"]], due=due)
        self.pk = made.pk
        taking_part = [objectives[key] for key in data["scores"]]
        made.proposals.exclude(objective__in=taking_part).delete()
        for objective in taking_part:
            made.proposals.get_or_create(objective=objective)
        for name in data["people"]:
            made.participants.get_or_create(person=named[name])
        self.proposals: dict[str, Proposal] = {
            key: made.proposals.get(objective=objectives[key]) for key in data["scores"]
        }
        self.participants: dict[str, Participant] = {
            each.person.name: each for each in made.participants.select_related("person")
        }

    @property
    def workshop(self) -> Workshop:
        visible: Any = Workshop.objects.visible_to(self.by)
        rows = visible.select_related("criteria")
        found: Workshop = rows.prefetch_related("criteria__rows").get(pk=self.pk)
        return found

    def load(self) -> None:
        self.workshop.move(Status.SCORE, by=self.by)
        scored = self.workshop
        for key, each in self.data["scores"].items():
            for name, given in zip(self.data["people"], each.split(), strict=True):
                self._score(scored, key, name, given)
        if "package" in self.data:
            self._go_on()
        for name, days in self.data["finished"].items():
            Participant.objects.filter(pk=self.participants[name].pk).update(done_at=self._at(days))
        self._date()

    def _score(self, workshop: Workshop, key: str, name: str, given: str) -> None:
        """``given`` has one digit for each criterion; "-" for nothing yet."""
        if given == "-":
            return
        keys = [row.key for row in workshop.criteria.rows.all()]
        scores = sorted(f"{criterion}:{score}" for criterion, score in zip(keys, given, strict=True))
        who = self.participants[name]
        stored = who.ballots.filter(proposal=self.proposals[key], round=workshop.round).first()
        version = stored.version if stored else 0
        by = who.person.user or self.by
        Ballot.cast(who, self.proposals[key], version, by=by, workshop=workshop, scores=scores)

    def _go_on(self) -> None:
        """Takes the workshop through a second round and the pairs to its package, and closes it."""
        self.workshop.move(Status.SETTLE, by=self.by)
        self.workshop.move(Status.SCORE, by=self.by)
        scored = self.workshop
        for key, each in self.data["second_round"].items():
            for name, given in each.items():
                self._score(scored, key, name, given)
        self.workshop.move(Status.SETTLE, by=self.by)
        for pair in self.data["pairs"]:
            said = {name: pair[name] for name in ("note", "outcome", "agreed") if name in pair}
            two = [self.proposals[key] for key in pair["of"]]
            Pair.set(self.workshop, two, 0, by=self.by, effect=pair["effect"], **said)
        self.workshop.move(Status.PACKAGE, by=self.by)
        package, found = self.data["package"], self.workshop
        found.save_over(found.version, by=self.by, amount=package["amount"], hours=package["hours"])
        for key in package["chosen"]:
            granted = package["granted"].get(key)
            Proposal.objects.filter(pk=self.proposals[key].pk).update(chosen=True, granted=granted)
        close(self.workshop, by=self.by)

    def _date(self) -> None:
        """Spreads what happened over the days from ``starts`` to ``ends``."""
        starts, ends = self.data["starts"], self.data["ends"]
        events = list(self.workshop.events.all())
        for place, event in enumerate(events):
            days = starts + (ends - starts) * place / max(len(events) - 1, 1)
            self.workshop.events.filter(pk=event.pk).update(at=self._at(days))
        Record.objects.filter(pk=self.pk).update(created_at=self._at(starts))
        if self.workshop.closed_at:
            # Now is when it was loaded, not when it was closed.
            with pgtrigger.ignore("ims.Workshop:no_open_conflict"):
                workshops: Any = Workshop.objects.filter(pk=self.pk)
                workshops.update(closed_at=self._at(ends))

    def _at(self, days: float) -> datetime:
        return timezone.now() + timedelta(days=days)


def load(
    workshops: Iterable[Mapping[str, Any]],
    utility: Utility,
    objectives: Mapping[str, Objective],
    named: Mapping[str, Person],
    *,
    by: User,
) -> None:
    """Creates the workshops; one with a ``package`` is closed, another waits for those without scores."""
    for each in workshops:
        Loading(each, utility, objectives, named, by).load()
