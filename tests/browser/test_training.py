"""Training in Chromium: a topic, its sessions, the matrix, and what one session could cover."""

from datetime import timedelta
from itertools import cycle

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import Person, TrainingSession, TrainingTopic
from tests.browser.conftest import look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()
JOBS = ("Plant operator", "Collection crew", "Electrician", "Laboratory analyst")
NAMES = "Gus Hale, Nora Kim, Ed Torres, Wes Park, Ivy Shaw, Tess Moran, Sam Reyes, Luis Ortega, Hank Osei, Priya Nair"
TOPICS = (
    ("Handling hazardous materials", "Plant operator, Collection crew, Electrician", "S", 12),
    ("Spill response", "Plant operator, Collection crew, Electrician", "E", 12),
    ("Confined space entry", "Collection crew, Plant operator", "S", 12),
    ("Maintenance of lift stations", "Collection crew, Electrician", "F", 24),
    ("Our policies and what each one does for them", "Everyone", "ESQ", None),
    ("Sampling and chain of custody", "Laboratory analyst, Plant operator", "Q", 24),
    ("Internal audits of the system", "Laboratory analyst", "EQ", 36),
)


@pytest.fixture
def people(utility, manager) -> list[Person]:
    for name, job in zip(NAMES.split(", "), cycle(JOBS), strict=False):
        Person.add(utility, by=manager, name=name, job=job)
    return list(Person.objects.of(utility).exclude(job=""))


@pytest.fixture
def topics(catalog, utility, manager, people) -> list[TrainingTopic]:
    """Seven trainings whose sessions were between 20 and 400 days ago."""
    made = []
    for n, (title, jobs, areas, months) in enumerate(TOPICS):
        fields = {"jobs": jobs.split(", "), "areas": list(areas), "months": months, "initiatives": ["iso-14001"]}
        opened = TrainingTopic.open_in(utility, by=manager, title=title, **fields)
        topic = TrainingTopic.objects.visible_to(manager).get(pk=opened.pk)
        for back, group in ((400, people[:4]), (330, people[3:6]), (20 + n, people[5:8])):
            topic.hold(by=manager, on=TODAY - timedelta(days=back), trainer="Dana Whitfield", people=group)
        made.append(topic)
    return made


@pytest.mark.usefixtures("narrow")
def test_a_training_from_its_jobs_to_a_corrected_session(visits, catalog, manager, utility, people):
    visits.expected.append("Failed to load resource")  # a refused form answers with 422
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Training", exact=True).click()
    page.get_by_role("link", name="Add training").first.click()
    page.get_by_label("Title").fill("Confined space entry")
    page.get_by_label("What it covers").fill("The permit, the gas meter, the person outside.")
    page.get_by_label("Holds for").fill("12")
    page.get_by_text("Collection crew", exact=True).click()
    look(page, "training-new")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confined space entry")
    needing = page.get_by_role("region", name="Who needs it")
    expect(needing).to_contain_text("not trained yet")
    expect(needing).to_contain_text("Nora Kim")
    expect(needing).not_to_contain_text("Gus Hale")

    page.get_by_role("link", name="Choose single people").click()
    page.get_by_text("Gus Hale, Plant operator").click()
    look(page, "training-people")
    page.get_by_role("button", name="Save").click()
    expect(needing).to_contain_text("Gus Hale")

    page.get_by_role("link", name="Enter a session").click()
    page.get_by_label("Held on").fill((TODAY + timedelta(days=1)).isoformat())
    page.get_by_label("Who taught it").fill("The fire department")
    page.get_by_label("Where the proof is").fill("Personnel files")
    page.get_by_text("Gus Hale, Plant operator").click()
    page.get_by_text("Nora Kim, Collection crew").click()
    page.get_by_role("button", name="Save the session").click()
    expect(page.get_by_text("at the latest").first).to_be_visible()
    look(page, "training-session-refused")
    page.get_by_label("Held on").fill((TODAY - timedelta(days=3)).isoformat())
    page.get_by_role("button", name="Save the session").click()
    expect(page.get_by_text("The session of 2 people was entered.")).to_be_visible()
    look(page, "training-record")

    page.get_by_role("link", name="Correct the session").click()
    page.get_by_text("Nora Kim, Collection crew").click()
    page.get_by_text("Tess Moran, Collection crew").click()
    page.get_by_label("Why you correct it").fill("Tess was there, not Nora.")
    look(page, "training-correction")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_role("region", name="Sessions")).to_contain_text("Tess was there, not Nora.")
    kept = TrainingSession.objects.get()
    assert sorted(map(str, kept.people.all())) == ["Gus Hale", "Tess Moran"]


@pytest.mark.usefixtures("narrow")
def test_the_matrix_and_one_session_for_two_trainings(visits, manager, utility, topics):
    page = visits(manager, reverse("ims:list", args=[utility.pk, "training"]))
    page.get_by_role("link", name="Who is trained in what").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is trained in what")
    look(page, "training-matrix")
    ed = page.locator("tr").filter(has_text="Ed Torres")
    expect(ed).to_contain_text("2 of 4")
    page.get_by_role("link", name="One session for several").click()
    expect(page.get_by_role("heading", name="Handling hazardous materials and Spill response")).to_be_visible()
    look(page, "training-together")
    pair = page.get_by_role("region", name="Handling hazardous materials and Spill response")
    pair.get_by_role("link", name="Enter one session for both").click()
    page.get_by_label("Who taught it").fill("Dana Whitfield")
    page.get_by_text("Gus Hale, Plant operator").click()
    page.get_by_text("Nora Kim, Collection crew").click()
    look(page, "training-session-both")
    page.get_by_role("button", name="Save the session").click()
    expect(page.get_by_text("The session of 2 people was entered.")).to_be_visible()
    assert TrainingSession.objects.order_by("pk").last().topics.count() == 2
    page.get_by_role("link", name="One session for several").click()
    expect(page.get_by_role("heading", name="Handling hazardous materials and Spill response")).to_have_count(0)


def test_the_heads_of_the_matrix_stay_in_sight(visits, manager, utility, topics):
    Person.objects.bulk_create(Person(utility=utility, name=f"Zed {n}", job="Electrician") for n in range(40))
    page = visits(manager, reverse("ims:training_matrix", args=[utility.pk]))
    box = page.get_by_role("region", name="People and trainings, scrolls")
    head = box.get_by_role("columnheader", name="Spill response")
    before = head.bounding_box()
    assert before is not None
    box.evaluate("(box) => box.scrollTo(0, 600)")
    after = head.bounding_box()
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    look(page, "training-matrix-long")
