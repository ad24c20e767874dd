"""Two people at the same moment, on two real connections."""

import copy
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from assessments.models import Finding, FindingChange, GapAnalysis, GapAnalysisEvent, InUse
from tests.workbooks import edited, sent
from workflow.models import Stale, WrongState

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions) -> list:
    """What each action returns or raises when all begin together, each on its own connection."""
    start = Barrier(len(actions))

    def run(action):
        try:
            start.wait(timeout=20)
            return action()
        except (WrongState, Stale, InUse, IntegrityError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_two_completions_make_one(answered, manager, seen_by):
    both = [seen_by(manager, answered) for _ in range(2)]
    outcomes = at_once(*[lambda one=one: one.complete(by=manager) for one in both])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WrongState"]
    assert GapAnalysis.objects.get().status == "complete"
    assert GapAnalysisEvent.objects.count() == 1


def test_two_completions_in_two_browsers_make_one(answered, manager, as_, url):
    browsers = [as_(manager), as_(manager)]
    outcomes = at_once(*[lambda one=one: one.post(url("complete", answered)) for one in browsers])
    assert [outcome.status_code for outcome in outcomes] == [302, 302]
    assert {outcome["Location"] for outcome in outcomes} == {url("results", answered)}
    assert GapAnalysisEvent.objects.count() == 1


def test_of_two_saves_of_a_row_one_is_told(analysis, manager, row):
    rows = [row(analysis, by=manager) for _ in range(2)]
    outcomes = at_once(
        *[lambda one=one, n=n: one.answer(1, by=manager, notes=f"text {n}") for n, one in enumerate(rows)]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Stale"]
    assert row(analysis).version == 2
    assert row(analysis).notes == f"text {[type(one) for one in outcomes].index(type(None))}"


def test_a_save_that_waited_for_a_completion_changes_nothing(answered, manager, save, row, seen_by):
    """The completion holds the analysis; the save waits for it, and is then told."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            seen_by(manager, answered).complete(by=manager)
            sent = pool.submit(send, save, manager, answered)
            assert waits_for_lock(), "it is held back by the completion"
        answer = sent.result(timeout=20)
    assert answer.status_code == 422
    assert "just changed" in answer.json()["errors"][0]["message"]
    assert (row(answered).rating, row(answered).version) == (2, 1)
    kept = GapAnalysis.objects.get()
    assert kept.frozen == kept.measured().as_json()


def test_a_completion_waits_for_a_save_and_counts_it(answered, manager, row, seen_by):
    late = seen_by(manager, answered)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            row(answered, by=manager).answer(1, by=manager, rating=0, areas=[])
            done = pool.submit(close_after, lambda: late.complete(by=manager))
            assert waits_for_lock(), "it is held back by the save"
        done.result(timeout=20)
    kept = GapAnalysis.objects.get()
    assert next(one.rating for one in kept.results.rows if one.slug == "vision") == 0
    assert kept.frozen == kept.measured().as_json()


def test_an_area_taken_while_a_row_begins_to_use_it(analysis, manager, row, seen_by):
    """Whoever comes second is refused; never does a row use an area out of scope."""
    frame = {"name": "x", "as_of": analysis.as_of, "operations": [], "fence_line": "", "areas": ["E", "S"]}
    mine = row(analysis, by=manager)
    outcomes = at_once(
        lambda: mine.answer(1, by=manager, rating=1, areas=["Q"]),
        lambda: seen_by(manager, analysis).rescope(1, by=manager, initiatives=[], **frame),
    )
    scope = set(GapAnalysis.objects.get().areas)
    assert all(set(finding.areas) <= scope for finding in Finding.objects.all())
    assert any(outcome is None for outcome in outcomes), "one of the two is done"


def test_a_row_saved_while_it_is_confirmed_with_others(answered, manager, contributor, row, seen_by):
    """Whichever is first: what the other person saved stays, and is named to who confirms."""
    answered.findings.update(to_confirm=True)
    versions = dict.fromkeys(answered.findings.values_list("element__slug", flat=True), 1)
    theirs, mine = row(answered, by=contributor), seen_by(manager, answered)
    saved, confirmed = at_once(
        lambda: theirs.answer(1, by=contributor, rating=0, areas=[]), lambda: mine.confirm(versions, by=manager)
    )
    assert not answered.findings.filter(to_confirm=True).exists()
    if isinstance(saved, Stale):
        assert confirmed == (18, [])
        assert (row(answered).rating, row(answered).version) == (2, 2)
    else:
        assert confirmed == (17, [row(answered)])
        assert (row(answered).rating, row(answered).version) == (0, 2)


def test_two_people_confirm_the_same_rows_once(answered, manager, contributor, seen_by):
    answered.findings.update(to_confirm=True)
    versions = dict.fromkeys(answered.findings.values_list("element__slug", flat=True), 1)
    both = [(person, seen_by(person, answered)) for person in (manager, contributor)]
    outcomes = at_once(*[lambda by=by, one=one: one.confirm(versions, by=by) for by, one in both])
    assert sorted(n for n, _ in outcomes) == [0, 18]
    assert set(answered.findings.values_list("version", flat=True)) == {2}
    assert FindingChange.objects.count() == 18


def test_a_link_is_added_while_rows_are_confirmed(answered, manager, row, seen_by):
    """One locks the rows first, the other the analysis: neither waits for the other."""
    answered.findings.update(to_confirm=True)
    versions = dict.fromkeys(answered.findings.values_list("element__slug", flat=True), 1)
    mine, late = row(answered, by=manager), seen_by(manager, answered)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            answered.lock_draft()
            confirmed = pool.submit(close_after, lambda: late.confirm(versions, by=manager))
            assert waits_for_lock(), "it has the rows and waits for the analysis"
            mine.attach_link(by=manager, url="https://example.org")
        assert confirmed.result(timeout=20) == (18, [])


def test_of_two_undos_one_is_told(analysis, manager, row):
    row(analysis, by=manager).answer(1, by=manager, notes="a")
    both = [row(analysis, by=manager) for _ in range(2)]
    outcomes = at_once(*[lambda one=one: one.undo(2, by=manager) for one in both])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Stale"]
    assert (row(analysis).notes, row(analysis).version) == ("", 3)
    assert row(analysis).history.count() == 2


def test_an_undo_that_waited_for_a_completion_changes_nothing(answered, manager, row, seen_by):
    row(answered, by=manager).answer(1, by=manager, notes="a")
    late = row(answered, by=manager)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            seen_by(manager, answered).complete(by=manager)
            undone = pool.submit(outcome_of, lambda: late.undo(2, by=manager))
            assert waits_for_lock(), "it is held back by the completion"
        assert isinstance(undone.result(timeout=20), WrongState)
    assert (row(answered).notes, row(answered).history.count()) == ("a", 1)


def outcome_of(action):
    return at_once(action)[0]


def close_after(action):
    try:
        return action()
    finally:
        connection.close()


def send(save, *args):
    return close_after(lambda: save(*args, rating=0))


def waits_for_lock(seconds: float = 10, at_least: int = 1) -> bool:
    """Whether, before long, another connection to this database (or as many as that) waits for a lock."""
    from time import monotonic, sleep

    end = monotonic() + seconds
    while monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the first answer again otherwise
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= at_least:
                return True
        sleep(0.05)
    return False


def test_two_confirmations_of_one_import_save_once(answered, manager, as_, url, row):
    content = edited(as_(manager).get(url("excel", answered)).content, {("vision", "Notes"): "From the file."})
    browsers = [as_(manager)]
    page = browsers[0].post(url("excel_import", answered), sent(content))
    browsers.append(copy.copy(browsers[0]))  # the same session, as with a double click
    data = {"token": page.context["plan"].token}
    outcomes = at_once(*[lambda one=one: one.post(url("excel_confirm", answered), data) for one in browsers])
    assert sorted(outcome.status_code for outcome in outcomes) == [302, 422], "the second one is told"
    assert (row(answered).notes, row(answered).version) == ("From the file.", 2)
    assert row(answered).history.count() == 1


def test_an_import_and_a_save_of_one_of_its_rows(answered, manager, contributor, as_, url, row):
    """Whichever is first: the other person's text is not replaced unseen."""
    content = edited(
        as_(manager).get(url("excel", answered)).content, {("vision", "Notes"): "File.", ("auditing", "Notes"): "File."}
    )
    browser = as_(manager)
    page = browser.post(url("excel_import", answered), sent(content))
    data = {"token": page.context["plan"].token}
    finding = row(answered, by=contributor)
    imported, saved = at_once(
        lambda: browser.post(url("excel_confirm", answered), data),
        lambda: finding.answer(1, by=contributor, notes="Site."),
    )
    if imported.status_code == 302:
        assert isinstance(saved, Stale)
        assert (row(answered).notes, row(answered, "auditing").notes) == ("File.", "File.")
    else:
        assert imported.status_code == 200
        assert saved is None
        assert (row(answered).notes, row(answered, "auditing").notes) == ("Site.", ""), "all or nothing"


def test_an_import_that_waited_for_a_completion_saves_nothing(answered, manager, as_, url, row, seen_by):
    content = edited(as_(manager).get(url("excel", answered)).content, {("vision", "Notes"): "From the file."})
    browser = as_(manager)
    page = browser.post(url("excel_import", answered), sent(content))
    data = {"token": page.context["plan"].token}
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            seen_by(manager, answered).complete(by=manager)
            waiting = pool.submit(at_once, lambda: browser.post(url("excel_confirm", answered), data))
            assert waits_for_lock()
        [answer] = waiting.result(timeout=20)
    assert (answer.status_code, answer["Location"]) == (302, url("excel_import", answered))
    assert row(answered).notes == ""
