"""Deciding and releasing many by a worker: nothing twice, nothing lost, stopped and continued."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffGroup
from letters.models import Message
from recognition import tasks
from recognition.models import (
    Application,
    ApplicationEvent,
    Cycle,
    Deciding,
    Decision,
    PaperLetter,
    Recommendation,
    Release,
    batch,
)
from tests.applications import person_in
from tests.factories import UtilityFactory
from tests.recognition.test_database_rules import refused_by
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
Status = Application.Status


def url(name: str, cycle: Cycle) -> str:
    return reverse(f"recognition:{name}", args=[cycle.pk])


@pytest.fixture
def many(cycle) -> Cycle:
    """Thirty applications that wait for a decision, every tenth without a recommendation to recognize."""
    rows = [
        Application(utility=UtilityFactory(name=f"Town {n:02}"), cycle=cycle, status="recommended") for n in range(30)
    ]
    Application.objects.bulk_create(rows)
    Recommendation.objects.bulk_create(
        Recommendation(application=row, recommends=n % 10 > 0, reasons="Read.", dissent="Not I." if n == 5 else "")
        for n, row in enumerate(Application.objects.order_by("pk"))
    )
    Cycle.objects.update(status="review")
    cycle.refresh_from_db()
    return cycle


@pytest.fixture
def decided(many, official) -> Cycle:
    for application in Application.objects.all():
        Decision.make(application, by=official, recognize=True, reason="All are good.")
    return many


def written() -> int:
    """How many letters there are: these utilities have no email address."""
    return PaperLetter.objects.filter(key__startswith="decided").count() + Message.objects.count()


def newest() -> int:
    return Decision.objects.latest("pk").pk


# Deciding.


def test_as_the_panel_recommends_all_that_the_filter_finds_but_for_exceptions(many, official, as_, monkeypatch):
    monkeypatch.setattr(batch, "AT_ONCE", 100)
    browser = as_(official)
    address = f"{url('decide_several', many)}?panel=True"
    answer = browser.post(address, {"everything": "on", "recognize": "panel"})
    assert answer.url == f"{url('decisions', many)}?panel=True", "the filters stay"
    assert Decision.objects.count() == 26, "27 recommended, more than a page shows; one with dissent"
    assert not Decision.objects.filter(recognize=False).exists()
    left = browser.get(answer.url).text
    assert "Town 05: not decided. A member of the panel disagreed." in left
    browser.post(url("decide_several", many), {"everything": "on", "recognize": "panel"})
    assert Decision.objects.filter(recognize=False).count() == 3
    assert Application.objects.get(decision=None).utility.name == "Town 05"


# The job.


def test_many_are_released_by_a_worker_with_progress(
    decided, official, as_, sent_tasks, django_capture_on_commit_callbacks
):
    browser = as_(official)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(url("release", decided), {"upto": newest()})
    made = Release.objects.get()
    assert (made.status, made.total, made.done) == ("requested", 30, 0)
    assert "0 of 30 released" in browser.get(url("outbox", decided)).text
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(url("release", decided), {"upto": newest()})
    assert Release.objects.count() == 1, "a second click asks for nothing new"
    tasks.release(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, made.failed) == ("done", 30, [])
    assert written() == Application.objects.filter(status="recognized").count() == 30
    tasks.release(made.pk)
    assert written() == 30, "a task that comes twice tells nobody twice"


class Killed(BaseException):
    """As a worker that is killed: nothing catches it."""


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing_and_tells_nobody_twice(decided, official, monkeypatch, sent_tasks):
    monkeypatch.setattr(batch, "AT_ONCE", 0)
    made = Release.request(decided, by=official, upto=newest())
    real, calls = Decision._release, []

    def killed_at_the_tenth(decision, *, by):
        real(decision, by=by)
        calls.append(decision.pk)
        if len(calls) == 10:
            raise Killed  # after the letter was written, before the commit

    monkeypatch.setattr(Decision, "_release", killed_at_the_tenth)
    with pytest.raises(Killed):
        tasks.release(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, written()) == ("running", 9, 9)
    tasks.resume_releases()
    made.refresh_from_db()
    assert made.status == "running", "it may only be slow"
    Release.objects.update(heard_at=timezone.now() - timedelta(minutes=3))
    tasks.resume_releases()
    made.refresh_from_db()
    assert made.status == "requested", "nothing that is unsent goes unnoticed"
    tasks.release(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, written()) == ("done", 30, 30)
    assert PaperLetter.objects.values("key").distinct().count() == PaperLetter.objects.count()


def test_one_that_breaks_keeps_no_other_and_is_named(decided, official, as_, monkeypatch):
    monkeypatch.setattr(batch, "AT_ONCE", 100)
    real = Decision._release

    def breaks_at_town_07(decision, *, by):
        if decision.application.utility.name == "Town 07":
            raise ValueError("no address")
        real(decision, by=by)

    monkeypatch.setattr(Decision, "_release", breaks_at_town_07)
    made = Release.request(decided, by=official, upto=newest())
    assert (made.status, made.done, [each["name"] for each in made.failed]) == ("done", 29, ["Town 07"])
    assert "Town 07. An error, of which site administrators" in as_(official).get(url("outbox", decided)).text


def test_it_is_stopped_between_two_and_goes_on_later(decided, official, staff, as_, monkeypatch):
    monkeypatch.setattr(batch, "AT_ONCE", 0)
    made, real, calls = Release.request(decided, by=official, upto=newest()), Release._one, []

    def stopped_after_four(self, decision):
        if len(calls) == 4:
            as_(staff).post(url("release_stop", decided))
        calls.append(decision)
        real(self, decision)

    monkeypatch.setattr(Release, "_one", stopped_after_four)
    tasks.release(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done) == ("stopped", 4)
    assert written() == 4, "the fifth was not released: its letter would not be counted"
    monkeypatch.setattr(Release, "_one", real)
    again = Release.request(decided, by=official, upto=newest())
    tasks.release(again.pk)
    again.refresh_from_db()
    assert (again.total, again.done, written()) == (26, 26, 30)


def test_held_and_later_decisions_wait(decided, official, monkeypatch):
    monkeypatch.setattr(batch, "AT_ONCE", 100)
    first, *_, last = Decision.objects.order_by("pk")
    first.hold(True)
    made = Release.request(decided, by=official, upto=last.pk - 1)
    assert (made.total, made.done) == (28, 28)
    assert set(Decision.objects.pending()) == {first, last}


def test_every_pair_of_states_of_a_release(cycle, official):
    from tests.recognition.test_states import check_every_pair

    allowed = {
        ("requested", "running"),
        ("requested", "stopped"),
        ("running", "done"),
        ("running", "stopped"),
        ("running", "requested"),
    }
    check_every_pair(Release.objects.create(cycle=cycle, by=official, upto=1), allowed)


def test_one_release_of_a_cycle_at_a_time(cycle, official):
    from tests.recognition.test_database_rules import refused_by

    Release.objects.create(cycle=cycle, upto=1)
    assert refused_by(Release(cycle=cycle, upto=1).save) == "release_one_at_a_time"


def test_nothing_is_released_unsigned(decided, official):
    Cycle.objects.update(signatory_title="")
    with pytest.raises(WrongState, match="signs"):
        Release.request(decided, by=official, upto=newest())


def test_the_outbox_pages_searches_and_asks_no_more(decided, official, as_):
    browser = as_(official)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url("outbox", decided)).status_code == 200
        return len(asked)

    text = browser.get(url("outbox", decided)).text
    assert "Town 00" in text
    assert "Town 29" not in text, "it is on the second page"
    assert "Town 29" in browser.get(url("outbox", decided), {"page": "2"}).text
    found = browser.get(url("outbox", decided), {"words": "town 29"}).text
    assert "Release 30 decisions" in found, "a filter does not change what is released"
    assert "1 of 30" in found
    many = cost()
    Decision.objects.filter(pk__gt=Decision.objects.order_by("pk")[2].pk).delete()
    assert cost() == many
    assert many <= 15


# Deciding as a job.


@pytest.fixture
def by_a_worker(monkeypatch):
    monkeypatch.setattr(batch, "AT_ONCE", 0)


def noted() -> int:
    return ApplicationEvent.objects.filter(why="Decided, not released yet").count()


def test_a_cycle_is_decided_and_released_in_three_pages(
    many, official, as_, sent_tasks, by_a_worker, django_capture_on_commit_callbacks
):
    """The list, the list again with what was refused, and the outbox; however many applications there are."""
    browser, pages = as_(official), []

    def load(address: str) -> str:
        pages.append(address)
        answer = browser.get(address)
        assert answer.status_code == 200
        return answer.text

    load(url("decisions", many))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(url("decide_several", many), {"everything": "on", "recognize": "panel"})
    made = Deciding.objects.get()
    assert (made.status, made.total, made.done) == ("requested", 30, 0)
    tasks.decide(made.pk)
    text = load(url("decisions", many))
    assert "Not decided by the last run" in text
    assert "A member of the panel disagreed." in text
    load(url("outbox", many))
    browser.post(url("release", many), {"upto": newest()})
    tasks.release(Release.objects.get().pk)
    assert written() == 29
    assert len(pages) <= 3


def test_progress_and_a_second_click(many, official, as_, by_a_worker, sent_tasks):
    browser, sent = as_(official), {"everything": "on", "recognize": "panel"}
    browser.post(url("decide_several", many), sent)
    assert "0 of 30 decided" in browser.get(url("decisions", many)).text
    seen = Deciding.objects.get().seen
    assert browser.get(url("decisions", many), {"seen": seen}, headers={"HX-Request": "true"}).status_code == 204
    browser.post(url("decide_several", many), sent)
    other = browser.post(url("decide_several", many), sent | {"recognize": "yes"}, follow=True).text
    assert "Nothing was decided. Others are being decided." in other
    assert Deciding.objects.count() == 1
    assert refused_by(Deciding(cycle=many, by=official).save) == "deciding_one_at_a_time"
    tasks.decide(Deciding.objects.get().pk)
    done = browser.get(url("decisions", many), headers={"HX-Request": "true"})
    assert (done.status_code, done["HX-Refresh"]) == (286, "true")
    tasks.decide(Deciding.objects.get().pk)
    assert (Decision.objects.count(), noted()) == (29, 29), "a task that comes twice decides nothing twice"


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_decides_nothing_twice(many, official, monkeypatch, sent_tasks, by_a_worker):
    everything = list(Application.objects.values_list("pk", flat=True))
    made = Deciding.request(many, everything, by=official, recognize=None)
    real, calls = Decision.make.__func__, []

    def killed_at_the_tenth(cls, application, **way):
        decision = real(cls, application, **way)
        calls.append(application.pk)
        if len(calls) == 10:
            raise Killed  # after the decision was written, before the commit
        return decision

    monkeypatch.setattr(Decision, "make", classmethod(killed_at_the_tenth))
    with pytest.raises(Killed):
        tasks.decide(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, Decision.objects.count(), noted()) == ("running", 9, 9, 9)
    assert [each["name"] for each in made.failed] == ["Town 05"]
    Deciding.objects.update(heard_at=timezone.now() - timedelta(minutes=3))
    tasks.resume_releases()
    tasks.decide(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, Decision.objects.count(), noted()) == ("done", 29, 29, 29)
    assert [each["name"] for each in made.failed] == ["Town 05"], "once"


def test_what_is_refused_is_named_with_the_reason_and_the_rest_goes_on(many, official, staff, as_, monkeypatch):
    monkeypatch.setattr(batch, "AT_ONCE", 100)
    colleague = person_in(StaffGroup.OFFICIAL, "other@example.org", "Otto Other")
    towns = {town.utility.name: town for town in Application.objects.all()}
    Decision.make(towns["Town 01"], by=colleague, recognize=True)
    real = Decision.make.__func__

    def breaks_at_town_07(cls, application, **way):
        if application.utility.name == "Town 07":
            raise ValueError("no template")
        return real(cls, application, **way)

    monkeypatch.setattr(Decision, "make", classmethod(breaks_at_town_07))
    made = Deciding.request(many, [town.pk for town in towns.values()], by=official, recognize=True)
    assert (made.status, made.done) == ("done", 25)
    assert {each["name"]: each["why"].split(",")[0] for each in made.failed} == {
        "Town 00": "It differs from the panel’s recommendation",
        "Town 01": "It is already decided.",
        "Town 07": "An error",
        "Town 10": "It differs from the panel’s recommendation",
        "Town 20": "It differs from the panel’s recommendation",
    }
    browser = as_(official)
    found = browser.get(url("decisions", many), {"look": "refused"}).text
    assert found.count('name="applications"') == 4, "what a colleague decided waits no more"
    dissent = as_(staff).get(url("decisions", many), {"look": "dissent"}).text
    assert "Town 05" not in dissent, "it was decided by name"


def test_deciding_is_stopped_and_goes_on_later(many, official, staff, as_, monkeypatch, by_a_worker, sent_tasks):
    everything = list(Application.objects.values_list("pk", flat=True))
    made, real, calls = Deciding.request(many, everything, by=official, recognize=None), Deciding._one, []

    def stopped_after_four(self, row):
        if len(calls) == 4:
            assert as_(staff).post(url("deciding_stop", many)).status_code == 404, "only who decides"
            as_(official).post(url("deciding_stop", many))
        calls.append(row)
        real(self, row)

    monkeypatch.setattr(Deciding, "_one", stopped_after_four)
    tasks.decide(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, Decision.objects.count()) == ("stopped", 4, 4)
    monkeypatch.setattr(Deciding, "_one", real)
    again = Deciding.request(many, everything, by=official, recognize=None)
    tasks.decide(again.pk)
    again.refresh_from_db()
    assert (again.done, Decision.objects.count()) == (25, 29)
    assert {each["why"] for each in again.failed} == {
        "It is already decided.",
        "A member of the panel disagreed. Look at it and decide it separately.",
    }


def test_the_lists_take_as_many_queries_for_many(many, official, as_, monkeypatch):
    browser = as_(official)
    monkeypatch.setattr(batch, "AT_ONCE", 100)
    Deciding.request(many, list(Application.objects.values_list("pk", flat=True)[:20]), by=official, recognize=None)

    def queries() -> list[int]:
        counted = []
        for name in ("decisions", "outbox"):
            with CaptureQueriesContext(connection) as captured:
                browser.get(url(name, many))
            counted.append(len(captured))
        return counted

    of_many = queries()
    Decision.objects.filter(pk__in=Decision.objects.values("pk")[3:]).delete()
    Application.objects.filter(decision=None).exclude(utility__name__in=["Town 05", "Town 28"]).delete()
    assert queries() == of_many
    assert max(of_many) <= 15


# From one to the next.


def test_the_decisions_are_walked_through_as_the_list_is_filtered(many, official, staff, manager, as_):
    towns = {town.utility.name: town for town in Application.objects.all()}
    browser, way = as_(official), f"?in=decide-{many.pk}&panel=True&sort=-utility"
    listed = browser.get(url("decisions", many), {"panel": "True", "sort": "-utility"}).text
    one = reverse("recognition:decide", args=[towns["Town 28"].pk])
    assert f'href="{one}{way.replace("&", "&amp;")}#walk"' in listed
    page = browser.get(f"{one}{way}").text
    assert "2 of 27" in page
    before, after = (reverse("recognition:decide", args=[towns[f"Town {n}"].pk]) for n in (29, 27))
    assert f'rel="prev" href="{before}?in=decide-{many.pk}' in page
    answer = browser.post(f"{one}{way}", {"recognize": "yes"})
    assert answer.url == f"{after}{way}#walk", "the next one, without the list between them"
    assert "2 of 26" in browser.get(answer.url).text
    assert "Left this list: 26 remain" in browser.get(f"{one}{way}").text
    assert "2 of 26" in as_(staff).get(f"{towns['Town 27'].get_absolute_url()}{way}").text, (
        "they read and do not decide"
    )
    for odd in ("decide-", "decide-x", "decide-99999", f"decide-{10**30}", "decide"):
        assert 'id="walk"' not in browser.get(f"{one}?in={odd}").text
    assert as_(manager).get(f"{one}{way}").status_code == 404
    last = reverse("recognition:decide", args=[towns["Town 01"].pk])
    back = browser.post(f"{last}{way}", {"recognize": "yes"}).url
    assert back == f"{url('decisions', many)}?panel=True&sort=-utility", "after the last one, the list"
