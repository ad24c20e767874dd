"""The wordings: what can stand in them, how they read, and that what people type arrives word for word."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.contrib.auth.models import Group
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email, EmailTemplate

from accounts.models import StaffGroup
from letters import wordings
from letters.faults import faults
from letters.models import Message
from recognition.letters import OWN, WORDS
from recognition.models import Application, Decision
from recognition.models.review import return_for_completion
from tests.factories import UserFactory

Status = Application.Status
ROOT = Path(__file__).parents[2]
FILES = [ROOT / room / "data" / "emails.yaml" for room in ("accounts", "ims", "recognition")]
LOADED = [row for path in FILES for row in yaml.safe_load(path.read_text())]
TYPED = "Please see {% foo %} and {{ utility }} & <b>{{ x }}</b> {# gone? #}"


@pytest.fixture
def browser(catalog, as_):
    administrator = UserFactory(is_staff=True)
    administrator.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    return as_(administrator)


@pytest.fixture
def letter(catalog) -> EmailTemplate:
    return EmailTemplate.objects.get(name="application-returned")


def page_of(letter, page="change") -> str:
    name = "letter_preview" if page == "preview" else "post_office_emailtemplate_change"
    return reverse(f"admin:{name}", args=[letter.pk])


@pytest.mark.parametrize("row", LOADED, ids=lambda row: row["name"])
def test_every_letter_as_loaded_is_in_order_and_reads_well(row):
    wording = wordings.get(row["name"])
    assert faults(row["subject"], replace(wording, words=wording.subject_words)) == []
    assert faults(row["content"], wording) == []
    subject, content = wordings.preview(wording, row["subject"], row["content"])
    assert "{" not in subject + content
    assert "\n\n\n" not in content
    said_anyway = set(OWN["certificate"]) if row["name"] == "certificate" else {"reason"}  # by its layout
    for word in set(OWN.get(row["name"], ())) - said_anyway:  # what went well needs no reason
        assert WORDS[word].sample in subject + content


def test_every_wording_is_loaded_once_and_stays_as_edited(no_catalog):
    assert wordings.load() == len(LOADED)
    EmailTemplate.objects.filter(name="invitation").update(subject="Come in")
    assert wordings.load() == 0
    assert wordings.rendered("invitation")[0] == "Come in"


def test_before_they_are_loaded_the_products_own_words_are_sent(no_catalog):
    subject, body = wordings.rendered("invitation", utility="Riverbend", inviter="Mara Gerr")
    assert subject == "You are invited to Headworks"
    assert "Mara Gerr invited you" in body


@pytest.mark.parametrize(
    "words", [{"a": ()}, {"a": (), "b": (), "c": ()}, {"a": (), "invitation": ()}], ids=["fewer", "more", "taken"]
)
def test_wordings_and_their_words_name_the_same(tmp_path, words):
    path = tmp_path / "emails.yaml"
    path.write_text(yaml.safe_dump([{"name": name, "description": "", "subject": "", "content": ""} for name in "ab"]))
    with pytest.raises(ValueError, match="do not name the same"):
        wordings.register(path, words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dear {{ utilty }}", "no variable “utilty”"),
        ("{% if reason or letter %}x{% endif %}", "no variable “reason”"),
        ("{% if letter %}{{ person|default:nobody }}{% endif %}", "no variable “nobody”"),
        ("{{ utility.name }}", "no variable “utility.name”"),
        ("{% if letter %}", "Unclosed tag"),
        ("{% endif %}", "Template error"),
        ("{{ utility", "not closed"),
        ("{{ utility }", "not closed"),
        ("utility }}", "not closed"),
        ("{{ two words }}", "Template error"),
        ("{{ utility|nofilter }}", "Template error"),
        ("{% include 'base.html' %}", "{% if %}"),
        ("{% if letter %}{% now 'Y' %}{% endif %}", "{% if %}"),
        ("{% debug %}", "{% if %}"),
    ],
)
def test_what_could_not_be_read_is_refused_in_words(text, said):
    assert said in " ".join(faults(text, wordings.get("application-returned")))


BOMBS = {
    "ljust": "{{ letter|ljust:999999999 }}",
    "rjust in a condition": "{% if letter|rjust:'999999999' %}x{% endif %}",
    "center": "{{ letter|center:999999999 }}",
    "stringformat": "{{ letter|stringformat:'999999999s' }}",
    "floatformat": "{{ letter|floatformat:999999 }}",
    "add": "{{ letter|add:letter }}",
    "loop": "{% for a in letter %}{% for b in letter %}{{ letter }}{% endfor %}{% endfor %}",
    "widthratio": "{% widthratio 1 1 9 as x %}",
    "nested": "{% if letter %}" * 90 + "{% endif %}" * 90 + "{% if letter %}{% endif %}" * 20,
    "nested in one": "{% if " + "not " * 5000 + "letter %}x{% endif %}",
    "long": "x" * 20_001,
    "many": "{{ letter }}" * 201,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_use_up_memory_or_time_is_refused_at_once(bomb):
    start = time.perf_counter()
    assert faults(BOMBS[bomb], wordings.get("application-returned"))
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, 100 % sure { and } alone",
        "{{ utility|upper }} {{ person|default:'friend' }}",
        "{% if letter and due %}{{ letter }}{% elif not person %}x{% else %}{{ due }}{% endif %}",
        "{# a note to us #}",
    ],
)
def test_what_can_be_read_is_not(text):
    assert faults(text, wordings.get("application-returned")) == []


@pytest.mark.django_db
def test_an_administrators_words_go_into_the_next_letter_and_stay(browser, letter, draft):
    sent = {"subject": "News of {{ utility }}", "content": "By {{ due }}: {{ deficiencies }}"}
    assert browser.post(page_of(letter), sent).status_code == 302
    wordings.load()
    said = draft.rendered("application-returned", due="Monday", deficiencies="all")
    assert said == ("News of Riverbend Water and Sewer", "By Monday: all\n")


@pytest.mark.django_db
def test_a_wrong_variable_is_an_error_that_lists_the_right_ones(browser, letter):
    before = (letter.subject, letter.content)
    answer = browser.post(page_of(letter), {"subject": "{{ duo }}", "content": ""})
    assert answer.status_code == 200
    assert "This email has no variable “duo”" in answer.text
    for word in ("utility", "deficiencies", "letter", "due"):
        assert f"{{{{ {word} }}}}" in answer.text
    assert "This field is required" in answer.text
    letter.refresh_from_db()
    assert (letter.subject, letter.content) == before


@pytest.mark.django_db
def test_a_preview_shows_what_is_typed_and_keeps_nothing(browser, letter):
    assert WORDS["due"].sample in browser.get(page_of(letter, "preview")).text
    typed = {"subject": "Hello {{ utility }}", "content": "One <b>\n\ntwo {{ due }}"}
    shown = browser.post(page_of(letter, "preview"), typed).text
    assert "Hello Riverbend Water and Sewer" in shown
    assert "One &lt;b&gt;" in shown
    wrong = browser.post(page_of(letter, "preview"), typed | {"subject": "{{ no }}"}).text
    assert "no variable “no”" in wrong
    assert EmailTemplate.objects.get(pk=letter.pk).content == letter.content
    assert not Email.objects.exists()


@pytest.mark.django_db
def test_a_preview_is_for_administrators(letter, manager, as_):
    assert as_(manager).get(page_of(letter, "preview")).status_code == 302
    staff = UserFactory(is_staff=True)
    assert as_(staff).get(page_of(letter, "preview")).status_code == 403


@pytest.mark.django_db
def test_a_preview_of_what_is_not_there_is_not_found(browser):
    assert browser.get(reverse("admin:letter_preview", args=[987654])).status_code == 404


@pytest.mark.django_db
def test_a_typed_letter_arrives_word_for_word(at, staff, settings):
    """Braces that a person types are words: they are read as a template neither here nor when it is sent."""
    settings.POST_OFFICE = settings.POST_OFFICE | {
        "BACKENDS": {"default": "django.core.mail.backends.locmem.EmailBackend"}
    }
    application = at(Status.COMPLETENESS)
    application.submission.checklist.update(met=True)
    application.submission.checklist.filter(name="prompts").update(met=False, reason=TYPED)
    due = timezone.localdate() + timedelta(days=9)

    return_for_completion(application, by=staff, due=due, letter=TYPED)

    message = Message.objects.get(key__startswith="application-returned")
    message.email.dispatch()
    arrived = mail.outbox[-1]
    assert arrived.to == ["manager@example.org"]
    assert f"- {TYPED}\n" in arrived.body
    assert arrived.body.count(TYPED) == 2


@pytest.mark.django_db
def test_a_decisions_edited_letter_arrives_word_for_word(at, official):
    application = at(Status.RECOMMENDED)
    decision = Decision.make(application, by=official, recognize=True)
    decision.edit_letter(decision.version, by=official, subject="{{ utility }}", body=TYPED)
    Decision.objects.release(application.cycle, by=official)
    email = Message.objects.get(key__startswith="decided").email
    assert (email.email_message().subject, email.email_message().body) == ("{{ utility }}", TYPED)
