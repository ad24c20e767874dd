"""A bundle's way: its parts are asked for, made by any worker, and put together once; a failure stops nothing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Membership
from files.models import StoredFile
from reports import bundles, tasks
from reports.models import (
    ERROR_TOO_MANY_ATTEMPTS,
    MAX_ATTEMPTS,
    MAX_SECONDS,
    MAX_SECONDS_OF_BUNDLE,
    PART_PRIORITY,
    PRIORITY,
    Report,
)
from tests.assessments.test_races import at_once
from tests.factories import MembershipFactory
from tests.reports import bundle_kind
from workflow.models import WrongState

Status = Report.Status


def moves(report: Report) -> list[str]:
    return list(report.events.values_list("to_status", flat=True))


def states(bundle: Report) -> list[str]:
    return list(bundle.parts.order_by("order").values_list("status", flat=True))


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def test_it_is_made_of_its_parts(bundle, work, queue):
    work(1)
    assert fresh(bundle).status == Status.GATHERING
    assert states(bundle) == ["requested"] * 6
    assert [part.place for part in bundle.parts.order_by("order")] == [
        "Letters/Letter to Aldrich.pdf",
        "Letters/Letter to Riverbend Water and Sewer.pdf",
        "Letters/Letter to Zanes.pdf",
        "Plates/Plate for Aldrich.pdf",
        "Plates/Plate for Riverbend Water and Sewer.pdf",
        "Plates/Plate for Zanes.pdf",
    ]
    work(5)
    assert fresh(bundle).status == Status.GATHERING
    work(1)
    assert states(bundle) == ["done"] * 6
    assert (fresh(bundle).status, queue) == (Status.REQUESTED, [bundle.pk])
    work()
    assert moves(bundle) == ["running", "gathering", "requested", "running", "done"]
    assert (fresh(bundle).progress, fresh(bundle).file.content_type) == (100, "application/zip")


def test_who_waits_for_one_report_goes_before_anothers_parts(bundle, work, sent_tasks):
    work()
    of_bundle, *of_parts, again = [sent.options for sent in sent_tasks]
    assert {options["priority"] for options in of_parts} == {PART_PRIORITY}
    assert of_bundle["priority"] == again["priority"] == PRIORITY
    assert of_bundle["queue"] == again["queue"] == "bundles"  # no single report waits for what may take an hour
    assert all("queue" not in options for options in of_parts)
    assert of_parts[0]["soft_time_limit"] == MAX_SECONDS
    assert again["soft_time_limit"] == MAX_SECONDS_OF_BUNDLE < again["time_limit"]


def test_it_counts_what_is_finished(bundle, work, broken):
    work(5)
    assert fresh(bundle).tally == {"all": 6, "made": 3, "failed": 1, "finished": 4, "percent": 66}
    assert fresh(bundle).percent == 66
    work()
    assert (fresh(bundle).percent, fresh(bundle).tally["failed"]) == (None, 2)


def test_one_that_fails_stops_nothing(bundle, work, broken):
    work()
    assert states(bundle) == ["done", "failed", "done"] * 2
    assert fresh(bundle).status == Status.DONE
    assert [part.title for part in fresh(bundle).missing] == [
        f"Letter: Letter to {broken}",
        f"Plate: Plate for {broken}",
    ]
    assert "secret" not in fresh(bundle).missing[0].error


def test_it_fails_only_where_nothing_could_be_made(bundle, work, several):
    for utility in several:
        utility.name = f"Broken {utility.name}"
        utility.save()
    work()
    assert (fresh(bundle).status, fresh(bundle).error) == (Status.FAILED, "None of the 6 documents could be created.")
    assert fresh(bundle).file is None


def test_one_without_parts(bundle, work, bundle_kinds):
    bundle_kinds(parts=lambda utility: [])
    work()
    assert (fresh(bundle).status, fresh(bundle).error) == (Status.FAILED, "There are no documents to create yet.")


def test_what_a_person_may_not_have_alone_is_not_in_the_bundle(bundle, work, several, viewer):
    Membership.objects.filter(user=viewer, utility=several[0]).delete()
    work()
    assert {part.error for part in fresh(bundle).missing} == {tasks.ERROR_SUBJECT_GONE}
    assert states(bundle).count("done") == 4


def test_a_rerun_makes_only_what_is_missing(bundle, work, broken, viewer):
    work()
    files = {part.file_id for part in bundle.parts.filter(status=Status.DONE)}
    first = fresh(bundle).file
    broken.name = "Mended"
    broken.save()
    fresh(bundle).try_again(by=viewer)
    assert not StoredFile.objects.filter(pk=first.pk).exists()
    bundle_kind.laid_out.clear()
    Report.objects.get(pk=bundle.pk).publish()
    work(1)
    assert (fresh(bundle).status, states(bundle)) == (Status.GATHERING, ["done", "requested", "done"] * 2)
    work(2)
    assert bundle_kind.laid_out == ["Mended", "Mended"]
    work()
    assert fresh(bundle).status == Status.DONE
    assert files < {part.file_id for part in bundle.parts.all()}
    assert bundle.parts.filter(title="Letter: Letter to Mended", place="Letters/Letter to Mended.pdf").exists()
    assert [event.by for event in bundle.events.filter(from_status="done")] == [viewer]


def test_a_rerun_adds_what_is_new_and_drops_what_is_gone(bundle, work, several, viewer):
    work()
    MembershipFactory(user=viewer, utility__name="Bexley")
    dropped = set(Report.objects.filter(object_id=several[0].pk, parent=bundle).values_list("file_id", flat=True))
    Membership.objects.filter(utility=several[0]).delete()
    several[0].delete()
    fresh(bundle).try_again(by=viewer)
    bundle_kind.laid_out.clear()
    Report.objects.get(pk=bundle.pk).publish()
    work(3)
    assert bundle_kind.laid_out == ["Bexley", "Bexley"]
    work()
    assert [part.title for part in bundle.parts.order_by("order")][:2] == [
        "Letter: Letter to Bexley",
        "Letter: Letter to Riverbend Water and Sewer",
    ]
    assert bundle.parts.count() == 6
    assert not StoredFile.objects.filter(pk__in=dropped).exists()


def test_there_is_no_rerun_of_what_is_not_finished_or_not_a_bundle(bundle, work, viewer, report, done):
    with pytest.raises(WrongState):
        bundle.try_again(by=viewer)
    work(1)
    with pytest.raises(WrongState):
        fresh(bundle).try_again(by=viewer)
    with pytest.raises(WrongState):
        done(report).try_again(by=viewer)


def test_a_second_request_while_parts_are_made_leads_to_the_first(bundle, work, utility, viewer):
    work(1)
    assert Report.request(bundle_kind.NAME, utility, viewer) == bundle


def test_a_part_does_not_stand_in_the_way_of_the_same_report_alone(bundle, work, utility, viewer):
    work(1)
    alone = Report.request(bundle_kind.LETTER, utility, viewer)
    assert (alone.parent, alone.status) == (None, Status.REQUESTED)


# --- Workers that die, and a broker that is away


def test_the_worker_of_a_part_dies(bundle, work, silent, queue):
    work(1)
    part = bundle.parts.get(order=2)
    part.start()
    silent(part)
    work()
    assert states(bundle) == ["done", "done", "running", "done", "done", "done"]
    assert fresh(bundle).status == Status.GATHERING
    work.sweep()
    work()
    assert fresh(bundle).status == Status.DONE


def test_a_part_that_stops_every_worker_fails_alone(bundle, work, silent):
    work(1)
    part = bundle.parts.get(order=2)
    Report.objects.filter(pk=part.pk).update(attempts=MAX_ATTEMPTS - 1)
    part.refresh_from_db()
    part.start()
    silent(part)
    work()
    work.sweep()  # gives it up, and goes on with the bundle
    work()
    assert (fresh(bundle).status, fresh(bundle).missing.get().error) == (Status.DONE, ERROR_TOO_MANY_ATTEMPTS)


def test_the_worker_dies_between_the_last_part_and_the_bundle(bundle, work, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr(Report, "resume", lambda self: None)
        work()
    assert (fresh(bundle).status, set(states(bundle))) == (Status.GATHERING, {"done"})
    work.sweep()
    work()
    assert fresh(bundle).status == Status.DONE


def test_the_worker_dies_before_the_parts_are_sent(bundle, work, monkeypatch, queue):
    def die(self):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr("reports.models.ReportQuerySet.publish", die)
        with pytest.raises(SystemExit):
            work(1)
    assert (fresh(bundle).status, states(bundle), queue) == (Status.GATHERING, ["requested"] * 6, [])
    work.sweep()
    work()
    assert fresh(bundle).status == Status.DONE


def test_the_worker_dies_while_it_puts_together(bundle, work, silent):
    work(7)
    waiting = fresh(bundle)
    waiting.start()
    silent(waiting)
    work()
    work.sweep()
    bundle_kind.laid_out.clear()
    work()
    assert fresh(bundle).status == Status.DONE
    assert len(bundle_kind.laid_out) == 6  # laid out for the printer; no part was made again


def test_parts_that_are_made_before_the_bundle_waits(bundle, work, monkeypatch):
    """Other workers finish every part between its row and the wait."""
    gather = Report.gather

    def slow_gather(self):
        for part in self.parts.all():
            tasks.make(part.pk)
        assert fresh(self).status == Status.RUNNING
        gather(self)

    monkeypatch.setattr(Report, "gather", slow_gather)
    work(1)
    assert fresh(bundle).status == Status.REQUESTED
    work()
    assert moves(bundle) == ["running", "gathering", "requested", "running", "done"]


def test_the_broker_is_away_when_the_parts_are_sent(bundle, work, queue, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(Report, "publish", lambda self: False)
        work(1)
    assert fresh(bundle).status == Status.GATHERING
    assert not bundle.parts.exclude(queued_at=None).exists()
    work.sweep()
    assert len(queue) == 6
    work()
    assert fresh(bundle).status == Status.DONE


def test_two_workers_that_both_have_the_bundle_add_its_parts_once(bundle, utility):
    bundles.sync_parts(bundle, bundle_kind.parts(utility))
    kept = set(bundle.parts.values_list("pk", flat=True))
    rows = list(bundles._rows(bundle, bundle_kind.parts(utility)))
    with pytest.raises(IntegrityError, match="report_once_in_its_bundle"), transaction.atomic():
        rows[0].save()
    bundles.sync_parts(bundle, bundle_kind.parts(utility))
    assert set(bundle.parts.values_list("pk", flat=True)) == kept


@pytest.mark.django_db(transaction=True)
def test_of_two_last_parts_at_once_one_goes_on(bundle, queue, work):
    tasks.make(bundle.pk)
    *others, one, other = list(bundle.parts.order_by("order"))
    for part in others:
        tasks.make(part.pk)
    queue.clear()
    at_once(lambda: tasks.make(one.pk), lambda: tasks.make(other.pk))
    assert (fresh(bundle).status, queue) == (Status.REQUESTED, [bundle.pk])
    assert moves(bundle) == ["running", "gathering", "requested"]


@pytest.mark.django_db(transaction=True)
def test_of_two_that_see_it_gathered_one_goes_on(bundle, queue, monkeypatch):
    tasks.make(bundle.pk)
    with monkeypatch.context() as waiting:
        waiting.setattr(Report, "resume", lambda self: None)
        for part in bundle.parts.all():
            tasks.make(part.pk)
    queue.clear()
    both = [Report.objects.gathered().get(), Report.objects.gathered().get()]
    outcomes = at_once(*[lambda one=one: one.resume() for one in both])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WrongState"]
    assert queue == [bundle.pk]


def test_a_bundle_with_an_unfinished_part_does_not_go_on(bundle, work):
    work(6)
    waiting = fresh(bundle)
    assert waiting not in Report.objects.gathered()
    with pytest.raises(WrongState):
        waiting.resume()
    assert fresh(bundle).status == Status.GATHERING


def test_one_that_is_being_made_does_not_go_on(report):
    report.start()
    with pytest.raises(WrongState):
        report.resume()


# --- Deleting and keeping


def files_on_disk(settings) -> list:
    return [path for path in (settings.LOCAL_DIR / "files").rglob("*") if path.is_file()]


def test_its_parts_go_with_it(bundle, work, settings, django_capture_on_commit_callbacks):
    work()
    assert len(files_on_disk(settings)) == StoredFile.objects.count() == 7
    with django_capture_on_commit_callbacks(execute=True):
        fresh(bundle).discard()
    assert not Report.objects.exists()
    assert not StoredFile.objects.exists()
    assert files_on_disk(settings) == []


def test_deleted_while_its_parts_are_made(bundle, work, queue):
    work(3)
    bundle.discard()
    work()
    assert not Report.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_part_is_kept_as_long_as_its_bundle(bundle, work, django_capture_on_commit_callbacks):
    work()
    old = timezone.now() - timedelta(days=91)
    bundle.parts.update(finished_at=old)
    tasks.delete_expired()
    assert bundle.parts.count() == 6
    Report.objects.filter(pk=bundle.pk).update(finished_at=old)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.delete_expired()
    assert not Report.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_bundle_whose_parts_are_being_made_is_not_expired(bundle, work):
    work(2)
    Report.objects.update(requested_at=timezone.now() - timedelta(days=400))
    bundle.parts.update(finished_at=timezone.now() - timedelta(days=400))
    tasks.delete_expired()
    assert bundle.parts.count() == 6


def test_the_latest_of_an_object(bundle, work, utility, viewer, manager, several):
    work()
    newer = Report.request(bundle_kind.NAME, utility, manager)
    assert Report.objects.latest_of(bundle_kind.NAME, utility.pk) == newer
    assert Report.objects.visible_to(viewer).latest_of(bundle_kind.NAME, utility.pk) == bundle
    assert Report.objects.latest_of(bundle_kind.NAME, several[0].pk) is None
    assert Report.objects.latest_of(bundle_kind.LETTER, utility.pk) is None  # a part is not it
