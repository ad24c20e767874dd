"""Emails on their way: each is sent once, whoever sends it; what can't be sent is tried for three days and named."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.utils import timezone
from post_office.models import STATUS, Email

from letters import sending, tasks
from letters.delivery import Delivery
from letters.models import post
from tests.factories import UserFactory
from tests.letters.mail_server import MailServer
from tests.processes import database_url, wait_until
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
Status = Delivery.Status
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def server(settings):
    cache.clear()
    server = MailServer()
    settings.POST_OFFICE = settings.POST_OFFICE | {"BACKENDS": {"default": "letters.smtp.EmailBackend"}}
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.5
    yield server
    server.stop()


@pytest.fixture
def clock(time_machine):
    """``clock(minutes)`` sets the time to so many minutes after noon."""

    def move(minutes: float) -> None:
        time_machine.move_to(NOON + timedelta(minutes=minutes), tick=False)

    move(0)
    return move


def written(address="joe@example.org") -> Delivery:
    return post(address, "High water", "Move the pumps.").delivery


def after_sweep(delivery: Delivery) -> Delivery:
    tasks.sweep()
    delivery.refresh_from_db()
    return delivery


def moves(delivery: Delivery) -> list[str]:
    return [event.to_status for event in delivery.events.all()]


def test_what_is_due_is_sent_over_one_connection(server, sent_tasks):
    several = [written(f"{name}@example.org") for name in ("ada", "ben", "cleo")]
    assert sending.send_due() is False
    assert server.received == ["ada@example.org", "ben@example.org", "cleo@example.org"]
    assert server.connections == 1
    for delivery in several:
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts, moves(delivery)) == ("sent", 1, ["sending", "sent"])
        assert delivery.email.status == STATUS.sent


def test_a_long_batch_is_divided(server, monkeypatch, sent_tasks):
    monkeypatch.setattr(sending, "BATCH", 2)
    for name in ("ada", "ben", "cleo"):
        written(f"{name}@example.org")
    tasks.send()
    assert server.received == ["ada@example.org", "ben@example.org"]
    assert [sent.task for sent in sent_tasks] == ["letters.tasks.send"]


def test_an_address_that_is_refused_fails_at_once_and_the_others_are_sent(server):
    server.answers["no@example.org"] = "550 No such user here"
    refused, fine = written("no@example.org"), written()
    assert after_sweep(refused).status == Status.FAILED
    assert refused.reason == "The mail server refused the address: 550 No such user here."
    assert refused.email.status == STATUS.failed
    assert after_sweep(fine).status == Status.SENT
    assert server.received == ["joe@example.org"]


def test_what_can_not_become_an_email_fails_at_once(server):
    delivery = written()
    Email.objects.update(subject="Two\nlines")
    assert after_sweep(delivery).status == Status.FAILED
    assert "No email could be made of it" in delivery.reason


# Minutes after the first attempt: 1, 5, 15 and 60 minutes of pause, then four hours.
ATTEMPTS = [0, 1, 6, 21, 81, 321, 561, 801, 1041, 1281, 1521, 1761, 2001, 2241, 2481, 2721, 2961, 3201, 3441, 3681]
ATTEMPTS += [3921, 4161, 4401]  # the first one after three days is the last


def test_a_refusal_for_now_is_tried_for_three_days_with_growing_pauses(server, clock):
    server.answers["joe@example.org"] = "451 Greylisted"
    delivery = written()
    for number, minutes in enumerate(ATTEMPTS, start=1):
        clock(minutes - 0.1)
        assert after_sweep(delivery).attempts == number - 1, "not earlier"
        clock(minutes)
        assert after_sweep(delivery).attempts == number
        if number < len(ATTEMPTS):
            assert delivery.status == Status.WAITING
            assert delivery.reason == "The mail server asked us to try later: 451 Greylisted."
    assert delivery.status == Status.FAILED
    assert delivery.reason == "The mail server asked us to try later: 451 Greylisted. We tried for three days."


def test_after_two_days_without_a_mail_server_everything_is_sent(server, clock, settings):
    settings.EMAIL_PORT = 1
    several = [written(f"person-{number}@example.org") for number in range(40)]
    for minutes in range(0, 2 * 24 * 60, 30):
        clock(minutes)
        tasks.sweep()
    assert not Delivery.objects.exclude(status=Status.WAITING).exists()
    assert after_sweep(several[0]).reason == "The mail server could not be reached."
    settings.EMAIL_PORT = server.port
    for minutes in range(2 * 24 * 60, 2 * 24 * 60 + 241, 10):
        clock(minutes)
        tasks.sweep()
    assert sorted(server.received) == sorted(f"person-{number}@example.org" for number in range(40))
    assert not Delivery.objects.exclude(status=Status.SENT).exists()


def test_a_mail_server_that_hangs_holds_a_worker_for_one_time_out(server, clock):
    server.hangs = True
    several = [written(f"person-{number}@example.org") for number in range(5)]
    began = time.perf_counter()
    tasks.sweep()
    tasks.send()  # a letter that is written meanwhile asks for this
    assert time.perf_counter() - began < 2 * settings.EMAIL_TIMEOUT
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]
    server.hangs = False
    clock(1)
    after_sweep(several[0])
    assert len(server.received) == 5


def test_an_address_at_which_the_mail_server_hangs_does_not_keep_the_others(server):
    server.hangs_at.add("stuck@example.org")
    stuck, fine = written("stuck@example.org"), written()
    began = time.perf_counter()
    assert after_sweep(stuck).status == Status.WAITING
    assert time.perf_counter() - began < 2 * settings.EMAIL_TIMEOUT
    assert stuck.reason == "The mail server did not answer within 0.5 seconds."
    assert after_sweep(fine).status == Status.SENT


def test_a_connection_that_breaks_after_the_email_was_handed_over_leaves_a_doubt(server):
    def hang(address: str) -> None:
        server.hangs = True

    server.on_message = hang
    delivery = written()
    assert after_sweep(delivery).status == Status.DOUBTFUL
    assert "handed over, so the email may have arrived" in delivery.reason
    cache.clear()
    server.hangs = False
    assert after_sweep(delivery).status == Status.DOUBTFUL, "it is not sent again automatically"
    assert server.received == ["joe@example.org"]


def test_a_person_sends_it_again(server):
    server.answers["joe@example.org"] = "550 Mailbox full"
    delivery = after_sweep(written())
    server.answers.clear()
    person = UserFactory()
    delivery.send_again(person)
    with pytest.raises(WrongState):
        delivery.send_again(person)
    assert (delivery.attempts, delivery.reason, Email.objects.get().status) == (0, "", STATUS.queued)
    assert after_sweep(delivery).status == Status.SENT
    assert [event.by for event in delivery.events.filter(from_status="failed")] == [person]
    assert moves(delivery) == ["sending", "failed", "waiting", "sending", "sent"]
    assert Email.objects.get().status == STATUS.sent


MOVES = {
    "waiting": {"sending"},
    "sending": {"sent", "waiting", "failed", "doubtful"},
    "sent": {"bounced"},
    "bounced": {"waiting", "dismissed"},
    "failed": {"waiting", "dismissed"},
    "doubtful": {"waiting", "dismissed"},
    "dismissed": set(),
}


@pytest.mark.parametrize("start", MOVES)
def test_every_pair_of_states(start):
    claimed = timezone.now() if start == "sending" else None
    for to in MOVES:
        delivery = written()
        Delivery.objects.filter(pk=delivery.pk).update(status=start, claimed_at=claimed)
        delivery.refresh_from_db()
        try:
            delivery._move(to, claimed_at=timezone.now() if to == "sending" else None)
            assert to in MOVES[start]
        except WrongState:
            assert to not in MOVES[start]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"status": "lost"}, "delivery_status_known"),
        ({"status": "sending"}, "delivery_claimed_while_sending"),
        ({"claimed_at": NOON}, "delivery_claimed_while_sending"),
    ],
)
def test_the_database_keeps_the_rules(changes, rule):
    delivery = written()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(**changes)
    assert caught.value.__cause__.diag.constraint_name == rule


def test_what_django_itself_writes_is_sent_too(server, settings):
    settings.EMAIL_BACKEND = "post_office.EmailBackend"  # which pytest-django replaces
    send_mail("Error", "Something broke.", None, ["root@example.org"])
    tasks.sweep()
    assert server.received == ["root@example.org"]


def test_a_worker_that_was_only_slow_changes_nothing_any_more(server, clock):
    delivery = written()
    mine = Delivery.objects.claim()
    clock(11)
    assert after_sweep(delivery).status == Status.DOUBTFUL
    with pytest.raises(WrongState):
        mine.sent()
    assert server.received == []


WORK = """
import django; django.setup()
from letters import sending
from letters.delivery import Delivery
while Delivery.objects.waiting().exists():
    sending.send_due()
"""


def worker(port: int) -> subprocess.Popen:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "REDIS_URL": "redis://none",
        "SECRET_KEY": "x",
        "EMAIL_DELIVERY": "letters.smtp.EmailBackend",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    return subprocess.Popen([sys.executable, "-c", WORK], env=environment, cwd=settings.BASE_DIR)


@pytest.mark.django_db(transaction=True)
def test_two_workers_one_of_which_is_killed_send_each_email_once(server):
    """It is killed at the worst moment: the mail server has its tenth email, and it was not told so yet."""
    cache.clear()
    other = MailServer()
    everyone = [f"person-{number}@example.org" for number in range(40)]
    for address in everyone:
        written(address)

    def slow(address: str) -> None:
        time.sleep(0.05)

    def kill(address: str) -> None:
        slow(address)
        if len(server.received) == 10:
            killed.send_signal(signal.SIGKILL)
            killed.wait()

    server.on_message, other.on_message = kill, slow
    killed, kept = worker(server.port), worker(other.port)
    try:
        wait_until(lambda: not Delivery.objects.waiting().exists(), what="all to be sent")
        assert kept.wait(timeout=30) == 0
        assert killed.wait(timeout=30) == -signal.SIGKILL
    finally:
        for process in (killed, kept):
            process.kill()
        other.stop()
    assert sorted(server.received + other.received) == sorted(everyone), "each of them exactly once"
    Delivery.objects.filter(status=Status.SENDING).update(claimed_at=timezone.now() - timedelta(minutes=11))
    tasks.sweep()
    doubtful = Delivery.objects.get(status=Status.DOUBTFUL)
    assert doubtful.email.to == [server.received[-1]]
    assert "may have arrived" in doubtful.reason
    assert Delivery.objects.filter(status=Status.SENT).count() == 39
    assert len(server.received) + len(other.received) == 40, "nothing is sent again automatically"
