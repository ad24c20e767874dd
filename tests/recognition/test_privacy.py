"""The privacy page says who reads an application, as recognition/rights.py has it."""

import html

import pytest
from django.contrib.admin import site
from django.urls import reverse

from accounts.models import StaffGroup
from assessments.admin import FindingInline
from recognition.applying.admin import SubmissionInline
from recognition.models import Application
from recognition.rights import NOT_FOR_EXPERTS, RIGHTS, Act, Who

Status = Application.Status
pytestmark = pytest.mark.django_db
EVERY, SENT = frozenset(Status), frozenset(Status) - {Status.DRAFT}
READ = (Act.READ_TEXT, Act.READ_CONTACT, Act.READ_CONFIDENTIAL)


def stages(act: Act, who: Who) -> frozenset[str]:
    return frozenset(stage for stage in Status if RIGHTS.may(act, {who}, stage))


# (what the page says, whether the table has it so)
SAID = [
    ("All of it, at every stage.", lambda: all(stages(act, Who.READER) == EVERY for act in READ)),
    (
        "After the release, also the letter and released feedback.",
        lambda: stages(Act.GET_LETTER, Who.READER) == stages(Act.SEE_FEEDBACK, Who.READER) == set(Application.OUTCOME),
    ),
    (
        "They never see reviews, scores or the names of reviewers.",
        lambda: (
            not any(
                stages(act, who)
                for act in (Act.SEE_REVIEWS, Act.SEE_SCORES, Act.SEE_PEOPLE)
                for who in (Who.READER, Who.WRITER, Who.MANAGER)
            )
        ),
    ),
    ("Once it is submitted, all of it.", lambda: all(stages(act, Who.PROGRAM) == SENT for act in READ)),
    ("read those from the start", lambda: all(stages(act, Who.CLERK) == EVERY for act in READ)),
    (
        "From the compliance review on, the contact information and the permit and system numbers, but not the text.",
        lambda: (
            Status.COMPLIANCE in stages(Act.READ_CONTACT, Who.COMPLIANCE)
            and not stages(Act.READ_CONTACT, Who.COMPLIANCE) & {Status.DRAFT, *Application.BEFORE_PANEL[:4]}
            and not stages(Act.READ_TEXT, Who.COMPLIANCE)
        ),
    ),
    (
        "From the panel review on, the applications they are assigned to, after they declare",
        lambda: (
            all(stages(act, Who.MEMBER) == {Status.PANEL, *Application.PAST_PANEL} for act in READ)
            and not any(stages(act, Who.SEAT) for act in READ)
        ),
    ),
    (
        "see no contact information, no passages claimed as confidential and no photos",
        lambda: {Act.READ_CONFIDENTIAL, Act.READ_CONTACT} == NOT_FOR_EXPERTS,
    ),
    (
        "see each other’s reviews only after they submit their own",
        lambda: not stages(Act.SEE_REVIEWS, Who.MEMBER) and stages(Act.SEE_REVIEWS, Who.REVIEWED),
    ),
    (
        "All of it, with the compliance record, reviews and scores, once the panel has recorded its recommendation.",
        lambda: all(
            stages(act, Who.OFFICIAL) >= set(Application.PAST_PANEL)
            for act in (*READ, Act.SEE_COMPLIANCE, Act.SEE_REVIEWS, Act.SEE_SCORES)
        ),
    ),
    ("panel and submitted reviews, but not the text", lambda: "content" not in SubmissionInline.fields),
    ("but not evidence, files or notes", lambda: not {"evidence", "changes", "notes"} & set(FindingInline.fields)),
    ("The EPA Region Nothing here.", lambda: "region" not in {group.name.lower() for group in StaffGroup}),
]


@pytest.fixture
def page(client) -> str:
    text = client.get(reverse("privacy")).text
    for tag in ("<dt>", "</dt>", "<dd>", "</dd>"):
        text = text.replace(tag, " " if tag == "</dt>" else "")
    return " ".join(html.unescape(text).split())


@pytest.mark.parametrize(("said", "holds"), SAID, ids=[said[:40] for said, _ in SAID])
def test_it_says_what_the_table_of_rights_has(page, said, holds):
    assert said in page
    assert holds()


def test_an_official_sees_an_application_once_the_panel_has_recommended(at, official, page):
    application = at(Status.PANEL)
    seen = Application.objects.visible_to(official)
    assert not seen.exists()
    Application.objects.filter(pk=application.pk).update(status=Status.RECOMMENDED)
    assert seen.all().exists()


def test_the_administration_shows_no_content_of_sections():
    shown = {model.__name__ for model in site._registry}
    assert not shown & {"Section", "Submission", "Photo", "Evidence", "Finding"}


def test_it_names_the_days_that_reports_are_kept(client, settings):
    settings.REPORT_RETENTION_DAYS = 17
    assert "Reports are deleted 17 days after" in client.get(reverse("privacy")).text
