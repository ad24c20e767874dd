"""What the home page tells of a workshop: what others did there, and whom it waits for."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format
from post_office.models import Email

from ims import emails
from ims.models import Pair, Participant, Person, Record, Workshop
from tests.factories import MembershipFactory
from tests.ims.harmonize.conftest import cast, joins, move, proposals, seen
from workflow.recent import recent_for
from workflow.waiting import waiting_for

pytestmark = pytest.mark.django_db


def sentences_for(user) -> list[str]:
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
    lines = sentences_for(viewer)
    for name in ("Connie Boyd", "Mara Gerr", named.person.name):
        assert f"{name} finished scoring in {scored}" in lines
    assert f"Connie Boyd moved {scored} to “Score”" in lines
    assert f"Mara Gerr finished scoring in {scored}" not in sentences_for(manager)
    scored.move("settle", by=contributor)
    scored = Workshop.objects.visible_to(contributor).get()
    hinders = {"effect": Pair.Effect.HINDERS}
    Pair.set(scored, [first, second], 0, by=contributor, **hinders, outcome="settled", agreed="One after the other.")
    Pair.set(scored, [first, third], 0, by=contributor, **hinders, outcome="accepted", agreed="Both are needed.")
    Pair.set(scored, [second, third], 0, by=contributor, **hinders)
    assert sentences_for(viewer)[:2] == [
        f"Connie Boyd accepted a conflict in {scored}",
        f"Connie Boyd settled a conflict in {scored}",
    ]
    assert not any("risk" in line for line in sentences_for(viewer))
    assert sentences_for(stranger) == []


# Whom it waits for.


def waits(user) -> list[str]:
    return [f"{each.what} · {each.why}" for each in waiting_for(user) if each.do == "Score"]


@pytest.fixture
def scoring(workshop, contributor, viewer):
    """The workshop scores; the viewer takes part, besides the contributor who leads it."""
    joins(workshop, viewer)
    move(workshop, "score", by=contributor)
    return seen(workshop, contributor)


TITLE = "Score in this workshop: Objectives for 2027"


def test_it_waits_until_all_is_scored(scoring, viewer, manager, stranger, as_):
    me = joins(scoring, viewer)
    assert waits(viewer) == [f"{TITLE} · 0 of 3 objectives scored"]
    assert waits(manager) == waits(stranger) == [], "nobody asked them"
    page = as_(viewer).get("/")
    assert TITLE in page.text
    (url,) = {each.url for each in waiting_for(viewer) if each.do == "Score"}
    assert as_(viewer).get(url).status_code == 200
    first, second, third = proposals(scoring)
    cast(me, first, viewer, "cost:3", "risk:5")
    cast(me, second, viewer, "cost:3")
    assert waits(viewer) == [f"{TITLE} · 1 of 3 objectives scored"], "by one of two criteria is not whole"
    cast(me, second, viewer, "cost:3", "risk:1", version=2)
    cast(me, third, viewer, "cost:3", "risk:1")
    assert waits(viewer) == []
    assert TITLE not in as_(viewer).get("/").text


def test_an_objective_that_another_stands_for_is_not_asked(workshop, contributor, viewer):
    first, second, _ = proposals(workshop)
    workshop.proposals.filter(pk=second.pk).update(joined_to=first)
    joins(workshop, viewer)
    move(workshop, "score", by=contributor)
    assert waits(viewer) == [f"{TITLE} · 0 of 2 objectives scored"]


def test_it_waits_for_votes(workshop, contributor, viewer):
    Workshop.objects.update(method="votes", dots=4)
    me = joins(workshop, viewer)
    move(workshop, "score", by=contributor)
    first, second, _ = proposals(workshop)
    cast(me, first, viewer, dots=3)
    assert waits(viewer) == [f"{TITLE} · 3 of 4 votes given"]
    cast(me, second, viewer, dots=1)
    assert waits(viewer) == []


@pytest.mark.parametrize("given", [{"done_at": timezone.now()}, {"left_at": timezone.now()}])
def test_who_is_finished_or_left_is_not_waited_for(scoring, viewer, given):
    scoring.participants.filter(person__user=viewer).update(**given)
    assert waits(viewer) == []


def test_who_is_no_longer_a_member_is_not_waited_for(scoring, viewer):
    viewer.memberships.all().delete()
    MembershipFactory(user=viewer, role="viewer")
    assert waits(viewer) == []


def test_only_while_it_scores_and_again_in_another_round(scored, contributor, manager):
    assert waits(manager) == [], "all is scored"
    scored.move("settle", by=contributor)
    assert waits(manager) == []
    seen(scored, contributor).move("score", by=contributor)
    assert waits(manager) == [f"{TITLE} · round 2: check your scores"]
    scored.participants.update(done_at=timezone.now())
    assert waits(manager) == []


def test_it_is_late_and_named_with_its_utility_to_who_has_several(scoring, viewer):
    Record.objects.filter(pk=scoring.pk).update(due=timezone.localdate() - timedelta(days=1))
    MembershipFactory(user=viewer, role="viewer")
    (item,) = (each for each in waiting_for(viewer) if each.do == "Score")
    assert item.is_late
    yesterday = date_format(timezone.localdate() - timedelta(days=1), "F j, Y")
    assert item.why == f"0 of 3 objectives scored, by {yesterday} · Riverbend Water and Sewer"


def test_many_workshops_take_one_query(scoring, contributor, viewer, django_assert_num_queries):
    for n in range(4):
        more = seen(Workshop.open_in(scoring.utility, by=contributor, title=f"More {n}"), contributor)
        joins(more, viewer)
        more.move("score", by=contributor)
    with django_assert_num_queries(1):
        assert len([(str(each.workshop), each.to_do) for each in Participant.objects.to_score(viewer)]) == 5


def test_the_weekly_email_names_it(scoring, viewer, manager):
    emails.tell_week(viewer, date(2026, 6, 22))
    emails.tell_week(manager, date(2026, 6, 22))
    mail = Email.objects.get()
    assert mail.to == [viewer.email]
    assert "Please score the objectives in these workshops:" in mail.message
    assert "- Objectives for 2027, Riverbend Water and Sewer: 0 of 3 objectives scored\n" in mail.message
    assert f"{scoring.get_absolute_url()}\n" in mail.message
