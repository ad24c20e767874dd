"""Every kind of PDF, with little and with much in it: no heading alone, no page almost empty, nothing cut in two."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from weasyprint import HTML

from assessments.models import Answer, Finding, GapAnalysis, RoadMap, When
from files.models import StoredFile
from ims.check import periods
from ims.check.periods import moved
from ims.models import (
    Action,
    AuditorIndex,
    ManualEdition,
    ManualWords,
    Measure,
    Objective,
    Person,
    Quarter,
    Reading,
    Record,
    Statement,
    Unit,
)
from ims.system.auditing import Auditing
from ims.system.manual_content import compose
from initiatives import reports as comparisons
from initiatives.models import Initiative
from pdca.models import Element, Opportunity
from recognition.models import Application, CheckItem, ComplianceCheck, Decision, Feedback, Photo, Rating, Seat
from recognition.notices import content as notices
from recognition.notices.documents import NOTICE_LETTER
from reports import kinds, rendering
from reports.templatetags.paper import tall
from tests.applications import fill, whole_content
from tests.factories import GapAnalysisFactory, UtilityFactory
from tests.notified import decided, name_all, signed
from tests.paper import faults
from tests.pdf_ua import problems
from tests.pictures import photo
from tests.uploads import upload

Status = Application.Status
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalog", "own_folder")]
NAME = "Wassergenossenschaft" * 7


def text(rng: Random, most: int) -> str:
    """Paragraphs of up to ``most`` characters together, some with a word that is wider than the page."""
    words = ["water", "the", "operations", "of", "we", "maintenance,", "assess", "x" * 200, "a"]
    weights = [9, 9, 5, 9, 9, 5, 5, 0.3, 9]
    length, made = rng.randrange(most), ""
    while len(made) < length:
        made += rng.choices(words, weights)[0] + rng.choices([" ", ".\n\n", "\n" * 9], [40, 1, 1])[0]
    return made[:length].strip()


def made(kind, subject):
    """The document, laid out without a fault."""
    document = rendering.pages(kind.template, kind.context(subject))
    assert faults(document) == []
    return document


def assert_accessible(document, path):
    path.write_bytes(rendering.pdf(document))
    assert problems(path) == []


# --- A gap analysis


def an_analysis(manager, utility, rng, most, share=1.0, areas="ESQFH", initiatives=()) -> GapAnalysis:
    """``share`` of the rows are answered, with texts of up to ``most`` characters."""
    analysis = GapAnalysisFactory(
        utility=utility,
        by=manager,
        name=text(rng, 150) or "Plan",
        areas=list(areas),
        initiatives=initiatives,
        fence_line=text(rng, min(most, 5000)),
    )
    for finding in analysis.findings.all():
        if rng.random() > share:
            continue
        served = rng.sample(list(areas), rng.randrange(len(areas) + 1))
        Finding.objects.filter(pk=finding.pk).update(
            rating=min(len(served), 2),
            areas=served,
            evidence=text(rng, most),
            changes=text(rng, most),
            notes=text(rng, most),
            initiatives=[one.slug for one in initiatives if rng.random() < 0.5],
        )
        for _ in range(rng.randrange(4)):
            finding.evidence_items.create(url="https://example.org/" + "x" * rng.randrange(300), title=text(rng, 100))
    return GapAnalysis.objects.visible_to(manager).get(pk=analysis.pk)


def with_what_follows(analysis, manager, rng, most, answers, steps) -> GapAnalysis:
    """Gives its utility an earlier analysis, which was complete, answers to opportunities, a road map and a plan."""
    earlier = an_analysis(manager, analysis.utility, rng, most, areas="ESQ")
    GapAnalysis.objects.filter(pk=earlier.pk).update(as_of=analysis.as_of - timedelta(days=400))
    earlier.findings.filter(rating=1).update(rating=0, areas=[])
    earlier.complete(by=manager)
    for row in rng.sample(list(Opportunity.objects.readable()), answers):
        choice = rng.choice(Answer.Choice.values)
        Answer.give(analysis.utility, row, 0, by=manager, choice=choice, why=text(rng, min(most, 2000)) or "So")
    road = [{"key": str(n), "text": text(rng, 300) or "Step", "when": rng.choice(When.values)} for n in range(steps)]
    RoadMap.keep(analysis, 0, by=manager, approach="areas", steps=road)
    objectives = [
        Objective.open_in(
            analysis.utility,
            by=manager,
            title=text(rng, min(most, 200)) or "Spills",
            measure=text(rng, min(most, 200)),
            target=rng.choice([None, 5]),
            areas=rng.sample("ESQFH", rng.randrange(6)),
        )
        for _ in range(steps // 4)
    ]
    for _ in range(steps):
        element = rng.choice([None, *analysis.findings.all()])
        Action.open_in(
            analysis.utility,
            by=manager,
            title=text(rng, min(most, 200)) or "Clean",
            objective=rng.choice([None, *objectives]),
            element=element and element.element,
            due=rng.choice([None, date(2026, 1, 1 + rng.randrange(28))]),
        )
    return analysis


GAP = [(60, 0.3, "ESQFH"), (300, 1, "ES"), (1500, 1, "E")]


@pytest.mark.parametrize(("most", "share", "areas"), GAP, ids=str)
def test_a_gap_analysis(manager, utility, most, share, areas):
    kind = kinds.single("gap-analysis")
    rng = Random(f"{most}{share}{areas}")
    initiatives = list(Initiative.objects.all()[: rng.choice([0, 2, 15])])
    analysis = an_analysis(manager, utility, rng, most, share, areas, initiatives)
    made(kind, with_what_follows(analysis, manager, rng, most, answers=most // 60, steps=most // 50))


def test_one_with_all_that_follows_is_accessible(manager, utility, tmp_path):
    rng, initiatives = Random(2), list(Initiative.objects.all()[:3])
    analysis = an_analysis(manager, utility, rng, 200, initiatives=initiatives)
    document = made(kinds.single("gap-analysis"), with_what_follows(analysis, manager, rng, 200, 9, 12))
    assert_accessible(document, tmp_path / "gap.pdf")


def test_one_that_was_only_started(manager, utility, tmp_path):
    utility.name = NAME
    utility.save()
    analysis = an_analysis(manager, utility, Random(1), 1, 0)
    assert_accessible(made(kinds.single("gap-analysis"), analysis), tmp_path / "gap.pdf")


# --- The performance of a quarter


@pytest.mark.parametrize(("n", "most"), [(0, 5), (1, 5), (4, 60), (15, 300)])
def test_a_performance_report(manager, utility, tmp_path, n, most):
    rng, first = Random(f"{n}{most}"), date(2026, 7, 1)
    every = rng.choices(["month", "quarter", "year"], [6, 1, 1], k=n)
    for place in range(n):
        fields = {"unit": text(rng, 40), "target": rng.choice([None, 5]), "every": every[place]}
        measure = Measure.open_in(utility, by=manager, title=text(rng, min(most, 200)) or "Spills", **fields)
        start = moved(periods.start(first, measure.every), measure.every, -rng.randrange(1, 36))
        Reading.objects.bulk_create(
            Reading(measure=measure, period=period, value=rng.randrange(-(10**6), 10**6), note=text(rng, most))
            for period in periods.between(start, date(2026, 9, 1), measure.every)
            if rng.random() < 0.9
        )
    for place in range(n):
        Action.open_in(utility, by=manager, title=text(rng, 200) or "Clean", due=date(2026, 7, 1 + place))
    Record.objects.update(created_at=datetime(2026, 1, 1, 12, tzinfo=UTC))
    quarter = Quarter.objects.create(utility=utility, first=first, summary=text(rng, most * 10))
    document = made(kinds.single("performance"), quarter)
    assert_accessible(document, tmp_path / "performance.pdf")


# --- The system manual


def a_manual(utility, manager, rng, n, most) -> None:
    """Objectives, units and policies that are in force, and own words of some elements."""
    for place in range(n):
        areas = rng.sample("ESQFH", rng.randrange(6))
        objective = Objective.open_in(
            utility, by=manager, title=text(rng, min(most, 200)) or "Spills", areas=areas, measure=text(rng, 200)
        )
        Unit.open_in(utility, by=manager, title=text(rng, 200) or "Pumps")
        policy = Statement.open_in(utility, by=manager, title=f"Policy {place}", text=text(rng, most * 4) or "We do.")
        Statement.objects.filter(pk=policy.pk).update(signed_by="The board", signed_on=date(2026, 1, 1))
        Record.objects.filter(pk=objective.pk).update(status="agreed")
        Record.objects.filter(pk=policy.pk).update(status="in-force")
    for element in Element.objects.all():
        if n and rng.random() < 0.6:
            ManualWords.objects.update_or_create(
                utility=utility, element=element.slug, defaults={"text": text(rng, most)}
            )


@pytest.mark.parametrize(("n", "most"), [(0, 5), (2, 60), (8, 600)])
def test_the_manual_and_its_draft(manager, utility, tmp_path, n, most):
    rng = Random(f"{n}{most}")
    a_manual(utility, manager, rng, n, most)
    given = {"approved_by": "The board", "note": text(rng, most)}
    first = ManualEdition.issue(utility, "", 0, compose(utility), by=manager, **given)
    assert_accessible(made(kinds.single("manual"), first), tmp_path / "manual.pdf")
    a_manual(utility, manager, rng, n // 2, most)
    Record.objects.filter(register="units").update(is_open=False, status="retired")
    made(kinds.single("manual-draft-E"), utility)
    assert_accessible(made(kinds.single("manual-draft"), utility), tmp_path / "draft.pdf")


# --- Initiatives compared


def silenced(*initiatives) -> None:
    """Their sources say nothing but the name."""
    for one in initiatives:
        one.asks, one.drivers, one.goals, one.benefits, one.steps, one.lacks = [], {}, {}, {}, {}, {}
        one.participants, one.sponsors, one.unsaid, one.grouping, one.systems = {}, [], {}, "", []
        one.save()


@pytest.mark.parametrize(("many", "silent"), [(2, 2), (4, 1)])
def test_a_comparison(viewer, tmp_path, many, silent):
    chosen = list(Initiative.objects.all()[:many])
    silenced(*chosen[:silent])
    kind = kinds.single("initiative-comparison")
    subject = kind.find(viewer, comparisons.number_of(chosen))
    assert_accessible(made(kind, subject), tmp_path / "compared.pdf")


@pytest.mark.parametrize("long", [700])
def test_a_comparison_with_texts_of_any_length(viewer, long):
    rng, chosen = Random(long), list(Initiative.objects.all()[:4])
    for one in chosen:
        one.asks = [each | {"text": each["text"] + text(rng, long + 1)} for each in one.asks]
        one.benefits = {"text": text(rng, long + 1), "source": "A source"}
        one.save()
    kind = kinds.single("initiative-comparison")
    made(kind, kind.find(viewer, comparisons.number_of(chosen)))


def test_the_whole_catalog(viewer):
    made(kinds.single("initiative-comparison"), comparisons.find(viewer, 0))


# --- Letters and certificates


@pytest.mark.parametrize("most", [1, 2400, 9000])
def test_letters_and_certificates(at, cycle, manager, most):
    signed(cycle)
    application, rng = at(Status.RECOGNIZED), Random(most)
    body = "\n\n".join(["Dear Mara Gerr:", text(rng, most), "- one\n- two\n- " + text(rng, most // 4 + 1), "Yours"])
    Decision.objects.update(body=body, subject=text(rng, 150) or "Recognition")
    for name in ("recognition-letter", "certificate"):
        kind = kinds.single(name)
        made(kind, kind.find(manager, application.pk))


@pytest.mark.parametrize("most", [1, 2400])
def test_letters_with_feedback(at, cycle, official, manager, staff, most):
    signed(cycle)
    application, rng = at(Status.RECOMMENDED), Random(most)
    Decision.make(application, by=official, recognize=False, reason="The debt plan is missing.")
    Decision.objects.release(application.cycle, by=official)
    application.refresh_from_db()
    row = Feedback.of(application)
    row.write(row.version, "Strong on safety.", by=staff)
    row.release(row.version, by=staff)
    kind = kinds.single("non-recognition-letter")
    Decision.objects.update(body=text(rng, most) or "No.")
    Feedback.objects.update(text=text(rng, most) or "Good.")
    made(kind, kind.find(manager, application.pk))


@pytest.mark.parametrize("n", [1, 40])
def test_letters_to_offices(cycle, n):
    signed(cycle)
    rng = Random(n)
    for number in range(n):
        decided(cycle, f"{number} {text(rng, 180)}"[:200].strip(), rng.choice(["OR", "WA", "TX", "ME", "FL"]))
    notices.draw_up(cycle)
    name_all(cycle)
    for addressee in cycle.addressees.select_related("cycle", "utility")[:4]:
        made(NOTICE_LETTER, addressee)


# --- The packet and the scores


@pytest.mark.parametrize(
    ("most", "reader"),
    [(1, "expert"), (300, "manager"), (700, "staff")],
)
def test_the_packet(draft, at, manager, staff, panelists, tmp_path, most, reader):
    rng = Random(f"{reader}{most}")
    texts = {
        name: {key: text(rng, most) or "x" if isinstance(value, str) else value for key, value in answers.items()}
        for name, answers in whole_content().items()
        if name.startswith("attributes")
    }
    fill(draft, manager, **texts)
    for number in range(rng.choice([0, 1, 3])):
        Photo.add(draft, photo(), by=manager, caption=text(rng, 200), may_publish=bool(number % 2))
    application = at(Status.RECOMMENDED)
    user = {"manager": manager, "staff": staff, "expert": panelists[2]}[reader]
    kind = kinds.single("application-packet")
    for item in CheckItem.objects.all():
        CheckItem.objects.filter(pk=item.pk).update(reason=text(rng, most * 2))
    ComplianceCheck.objects.update(note=text(rng, most * 2))
    document = made(kind, kind.find(user, application.pk))
    assert_accessible(document, tmp_path / "packet.pdf")


@pytest.mark.parametrize(("most", "n"), [(1, 1), (300, 3), (2000, 1)])
def test_the_scores(at, official, cycle, tmp_path, most, n):
    application, rng = at(Status.RECOMMENDED), Random(most)
    for number in range(n - 1):
        other = Application.objects.create(
            utility=UtilityFactory(name=f"{number}{NAME}"), cycle=cycle, status=Status.RECOMMENDED
        )
        again(application, other)
    for rating in Rating.objects.all():
        Rating.objects.filter(pk=rating.pk).update(comment=text(rng, most))
    for seat in Seat.objects.all():
        Seat.objects.filter(pk=seat.pk).update(summary=text(rng, most))
    kind = kinds.single("score-summary")
    assert_accessible(made(kind, kind.find(official, cycle.pk)), tmp_path / "scores.pdf")


def again(application, other) -> None:
    """The reviews and the recommendation of ``application`` also for ``other``."""
    recommendation = application.recommendation
    recommendation.pk, recommendation.application = None, other
    recommendation.save()
    for seat in Seat.objects.filter(application=application):
        ratings = list(seat.ratings.all())
        seat.pk, seat.application = None, other
        seat.save()
        for rating in ratings:
            rating.pk, rating.seat = None, seat
            rating.save()


def test_no_scores(cycle, official):
    kind = kinds.single("score-summary")
    made(kind, kind.find(official, cycle.pk))


# --- The check itself


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p>a<h2 style='margin-top: 8in'>Alone</h2><p style='break-before: page'>b", "ends with the heading “Alone”"),
        ("<p>a<p style='break-before: page'>b<p style='break-before: page'>c", "page 2 is filled to"),
        ("<table><thead><tr><th>A<th>B</thead><tbody><tr><td>x<td>—<tr><td>y<td>—</table>", "the column “B” says"),
        ("<table><thead><tr><th>A<th>B</thead><tbody><tr><td>x<td>—<tr><td>y<td>1</table>", "the row “x” says"),
        ("<dl><dt>Name<dd>—</dl>", "a dd says only “—”"),
        ("<div style='height: 8.9in'>a</div><table><tr><td>" + "b<br>" * 4 + "</table>", "the tr with “b” is on"),
        ("<div style='height: 12in'></div><p>b", "page 1 is empty"),
    ],
)
def test_the_check_sees_what_is_wrong(html, fault):
    found = faults(HTML(string=f"<style>@page {{ size: letter }}</style>{html}").render())
    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("words", "width", "expected"),
    [
        ("", 50, False),
        ("a" * 50 * 20, 50, False),
        ("a" * 50 * 30, 50, True),
        ("a\n" * 30, 50, True),
        (["a" * 600, ""], 80, False),
        (["a" * 600, "", "", ""], 80, True),
        ([], 80, False),
    ],
)
def test_a_row_is_tall_by_its_letters_its_lines_and_its_columns(words, width, expected):
    assert tall(words, width) is expected


# --- The index for an auditor


@pytest.mark.parametrize(("n", "most"), [(0, 5), (1, 5), (12, 60), (60, 200)])
def test_an_index_for_an_auditor(manager, utility, tmp_path, n, most):
    rng, initiative = Random(f"{n}{most}"), Initiative.objects.get(slug="iso-14001")
    initiative.name = text(rng, 120) or "So"
    initiative.asks = [each | {"text": each["text"] + text(rng, most * 10)} for each in initiative.asks]
    initiative.save()
    people = [Person.add(utility, by=manager, name=text(rng, 80) or "Luis Ortega") for _ in range(3)]
    for place in range(n):
        record = rng.choice([Action, Objective, Measure]).open_in(
            utility,
            by=manager,
            title=text(rng, most) or "Clean",
            initiatives=["iso-14001"],
            owner=rng.choice([None, *people]),
            due=rng.choice([None, date(2030, 1, 1 + place % 28)]),
        )
        for _ in range(rng.randrange(3)):
            record.attachments.create(url="https://example.org/" + "x" * rng.randrange(300), title=text(rng, 100))
        if rng.random() < 0.3:
            kept = StoredFile.keep(upload(f"{text(rng, 60) or 'Proof'}.pdf".replace("\n", " ")), by=manager)
            record.attachments.create(file=kept)
    kept = AuditorIndex.keep(Auditing(utility, initiative, rng.choice(["", "E"])), by=manager)
    assert_accessible(made(kinds.single("auditor-index"), kept), tmp_path / "index.pdf")
