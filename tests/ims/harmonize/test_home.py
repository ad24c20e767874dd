"""What the home page tells of a workshop: what others did there, and whom it waits for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ims.models import Pair, Person, Workshop
from workflow.recent import recent_for

pytestmark = pytest.mark.django_db


def told(user) -> list[str]:
    """What others did, as text, the newest first."""
    recent = recent_for(user, timezone.now() - timedelta(days=1))
    return [
        " ".join([each.who, each.did, ", ".join(words for words, _ in each.links), each.then]).strip()
        for each in recent.sentences
    ]


def test_what_happens_in_a_workshop_but_nobodys_scores(scored, contributor, manager, viewer, stranger):
    first, second, third = scored.proposals.all()
    named = scored.participants.create(person=Person.objects.create(utility=scored.utility, name="Lee Ortiz"))
    scored.participants.update(done_at=timezone.now())
    lines = told(viewer)
    for name in ("Connie Boyd", "Mara Gerr", named.person.name):
        assert f"{name} finished scoring in {scored}" in lines
    assert f"Connie Boyd moved {scored} to “Score”" in lines
    assert f"Mara Gerr finished scoring in {scored}" not in told(manager)
    scored.move("settle", by=contributor)
    scored = Workshop.objects.visible_to(contributor).get()
    hinders = {"effect": Pair.Effect.HINDERS}
    Pair.set(scored, [first, second], 0, by=contributor, **hinders, outcome="settled", agreed="One after the other.")
    Pair.set(scored, [first, third], 0, by=contributor, **hinders, outcome="accepted", agreed="Both are needed.")
    Pair.set(scored, [second, third], 0, by=contributor, **hinders)
    assert told(viewer)[:2] == [
        f"Connie Boyd accepted a conflict in {scored}",
        f"Connie Boyd settled a conflict in {scored}",
    ]
    assert not any("risk" in line for line in told(viewer))
    assert told(stranger) == []
