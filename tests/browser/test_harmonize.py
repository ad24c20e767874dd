"""A workshop of three people in three browsers, one of them a telephone, and the ranked list of findings."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from ims.models import Action, Assessment, Ballot, Criteria, Objective, Pair, Person, Proposal, Unit, Workshop
from tests.browser.conftest import WIDE, expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")

TITLES = [
    ("Cut overflows to 2 per 100 miles", ["E"], ["cmom", "iso-14001"], 420_000, 900),
    ("Renew 1.5 % of mains each year", ["F"], ["asset-management"], 2_400_000, 1500),
    ("Turbidity ≤ 0.10 NTU in 95 % of readings", ["Q"], ["partnership-safe-water"], 180_000, 400),
    ("No lost-time injury", ["S"], ["osha-vpp"], 60_000, 700),
    ("Energy per million gallons −10 %", ["E", "F"], ["iso-14001"], 310_000, 250),
    ("Every crew cross-trained", ["H"], ["balanced-scorecard"], 45_000, 1200),
]
SCORES = {
    "Mara Gerr": ["55354", "44353", "45245", "53345", "22512", "22423"],
    "Connie Boyd": ["54354", "43353", "54255", "43344", "21522", "11423"],
    "Vic Weir": ["45455", "54453", "44244", "14345", "32412", "22512"],
}
KEYS = ["severity", "frequency", "cost", "regulation", "concern"]


@pytest.fixture
def objectives(catalog, utility, manager):
    Criteria.begun(utility, by=manager)
    for title, areas, initiatives, cost, hours in TITLES:
        made = Objective.open_in(utility, by=manager, title=title, areas=areas, initiatives=initiatives, driver="risk")
        Action.open_in(utility, by=manager, title=f"Start: {title}", objective=made, cost=cost, hours=hours)


def opened(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def give(page: Page, title: str, criterion: str, score: int) -> None:
    block = page.get_by_role("region", name=title)
    block.get_by_role("group", name=criterion).locator("label").nth(score - 1).click()


@pytest.mark.usefixtures("narrow")
def test_a_workshop_of_three(visits, objectives, utility, manager, contributor, viewer):
    lead = visits(manager, reverse("ims:list", args=[utility.pk, "workshops"]))
    opened(lead, "Add workshop")
    lead.get_by_label("Title").fill("Objectives for 2027")
    lead.get_by_role("button", name="Create").click()
    for name in ("Connie Boyd", "Vic Weir"):
        lead.get_by_text(name, exact=True).click()
    lead.get_by_label("Someone who is not listed").fill("Pat Quinn, night crew")
    lead.get_by_role("button", name="Save", exact=True).click()
    expect(lead.get_by_text("(no account)")).to_be_visible()
    lead.get_by_role("button", name="Start scoring").click()
    workshop = Workshop.objects.get()
    address = reverse("ims:workshop_score", args=[utility.pk, workshop.number])
    visits.size = WIDE
    others = [visits(who, address) for who in (contributor, viewer)]

    # Each alone; the others see only how far everyone is.
    for page, score in ((lead, 5), (others[0], 3), (others[1], 1)):
        for criterion in ("Severity", "Frequency", "Cost", "Location", "Regulation", "Concern"):
            give(page, "Cut overflows", criterion, score if criterion == "Severity" else 3)
        expect_saved(page)
    assert Ballot.objects.count() == 3
    expect(lead.locator("#progress")).to_contain_text("Vic Weir1 of 6".replace("Weir1", "Weir 1"), use_inner_text=True)
    for page in others:
        page.get_by_role("button", name="I’m finished").click()
        expect(page.get_by_role("button", name="Not finished after all")).to_be_visible()
    expect(lead.locator("#progress")).to_contain_text("2 of 4")
    opened(lead, "Enter the scores of Pat Quinn")
    give(lead, "Cut overflows", "Severity", 2)
    expect_saved(lead)
    lead.get_by_role("link", name="Back to your own scores").click()
    lead.reload()
    chosen = lead.get_by_role("region", name="Cut overflows").get_by_role("group", name="Severity").locator(":checked")
    expect(chosen).to_have_value("severity:5")

    # By keyboard: a radio button takes the arrows.
    lead.get_by_role("region", name="Renew 1.5").get_by_role("radio").first.focus()
    lead.keyboard.press("Space")
    lead.keyboard.press("ArrowRight")
    expect_saved(lead)
    second = Proposal.objects.get(objective__title__startswith="Renew")
    assert Ballot.objects.get(proposal=second).scores == ["severity:2"]

    # The rest is scored as if in other browsers.
    fill(workshop)
    lead.get_by_role("button", name="Reveal the scores").click()
    expect(others[0].get_by_text("The scores were revealed.")).to_be_visible()
    expect(lead.get_by_text("Help or hinder").first).to_be_visible()
    opened(others[0], "Continue")
    expect(others[0].get_by_text("Vic Weir 1").first).to_be_visible()

    # Help or hinder: by mouse, by keyboard, seen in the other browser.
    lead.locator(".conflicts__cell").first.click()
    expect(lead.locator(".conflicts__cell.is-helps")).to_have_count(1)
    opened(others[0], "Settle")
    expect(others[0].locator(".conflicts__cell.is-helps")).to_have_count(1)
    lead.locator(".conflicts__cell").nth(4).focus()
    for state in ("is-helps", "is-hinders"):  # the focus stays on the cell
        lead.keyboard.press("Enter")
        expect(lead.locator(".conflicts__cell").nth(4)).to_have_class(f"conflicts__cell {state}")
    expect(lead.locator(".clash")).to_have_count(1)
    expect(others[0].locator(".clash")).to_have_count(1)
    opened(lead, "Settle it")
    lead.get_by_label("Why do they hinder each other?").fill("Longer filter runs save pumping but raise turbidity.")
    lead.get_by_label("What was agreed, or the reason").fill("Filters run at most 60 hours.")
    lead.get_by_role("button", name="Save", exact=True).click()
    expect(lead.get_by_text("Settled: Filters run at most 60 hours.")).to_be_visible()

    # The order follows a weight.
    before = lead.locator("#ranking .places__total").all_inner_texts()
    lead.locator("#w-cost").evaluate(
        "(range) => { range.value = 100; range.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    expect(lead.locator("#w-cost-now")).to_have_text("100")
    assert lead.locator("#ranking .places__total").all_inner_texts() != before
    lead.get_by_role("button", name="Keep these weights").click()
    expect(lead.get_by_text("The weights are kept.")).to_be_visible()
    assert Workshop.objects.get().weights["cost"] == 100

    # The package.
    lead.get_by_role("button", name="Make the budget package").click()
    lead.get_by_label("Dollars available").fill("900000")
    lead.get_by_role("button", name="Choose what fits").click()
    expect(lead.locator("#package")).to_contain_text("of $900,000")
    expect(lead.locator("#package tr.is-chosen").first).to_be_visible()
    assert Proposal.objects.filter(chosen=True, objective__title__startswith="Cut overflows").exists()
    expect(lead.get_by_text("while you were editing")).to_have_count(0)
    lead.get_by_role("button", name="Close the workshop").click()
    expect(lead.get_by_text("The chosen objectives are agreed.")).to_be_visible()
    assert Objective.objects.get(title__startswith="Cut overflows").status == "agreed"


def fill(workshop: Workshop) -> None:
    """Everyone with an account scores everything."""
    for participant in workshop.participants.filter(person__user__isnull=False):
        for proposal, scores in zip(
            workshop.proposals.order_by("objective__number"), SCORES[participant.person.name], strict=True
        ):
            given = [f"{key}:{score}" for key, score in zip(KEYS, scores, strict=True)] + ["location:3"]
            ballot, _ = Ballot.objects.get_or_create(participant=participant, proposal=proposal, round=workshop.round)
            Ballot.objects.filter(pk=ballot.pk).update(scores=sorted(given))
        workshop.participants.filter(pk=participant.pk).update(done_at="2026-11-01T10:00Z")


def test_the_pages_of_a_workshop(visits, objectives, utility, manager, contributor, viewer):
    workshop = Workshop.open_in(utility, by=manager, title="Objectives for 2027", amount=900_000, hours=4000)
    Objective.open_in(utility, by=manager, title="Cut overflows to 3 per 100 miles", initiatives=["iso-14001"])
    same = Objective.objects.get(title__contains="to 3 per")
    joined = workshop.proposals.create(objective=same)
    people = Person.objects.of(utility)
    for user in (contributor, viewer):
        workshop.participants.create(person=people.get(user=user))
    pat = workshop.participants.create(person=Person.objects.create(utility=utility, name="Pat Quinn, night crew"))

    def step(to: str) -> None:
        Workshop.objects.visible_to(manager).get().move(to, by=manager)

    def at(name: str, *more: object) -> str:
        return visits.url + reverse(f"ims:workshop_{name}", args=[utility.pk, workshop.number, *more])

    page = visits(manager, reverse("ims:workshop_gather", args=[utility.pk, workshop.number]))
    look(page, "workshop-gather")
    first = workshop.proposals.order_by("objective__number")[0]
    workshop.proposals.filter(pk=joined.pk).update(joined_to=first)
    step("score")
    workshop.refresh_from_db()
    page.goto(at("score"))
    give(page, "Cut overflows", "Severity", 5)
    give(page, "Cut overflows", "Cost", 3)
    expect_saved(page)
    look(page, "workshop-score")
    workshop.proposals.filter(pk=joined.pk).delete()
    Ballot.objects.all().delete()
    fill(workshop)
    step("settle")
    page.goto(at("score"))
    look(page, "workshop-scored")
    rows = {each.objective.title[:3]: each for each in workshop.proposals.select_related("objective")}
    found = Workshop.objects.visible_to(manager).get()
    for one, other, effect in (
        ("Cut", "Ren", 1),
        ("Ren", "Tur", 1),
        ("Cut", "No ", 1),
        ("Tur", "Ene", -1),
        ("No ", "Ene", 1),
        ("Cut", "Eve", 1),
        ("No ", "Eve", 1),
    ):
        Pair.set(found, [rows[one], rows[other]], 0, by=manager, effect=effect)
    clash = Pair.objects.get(effect=-1)
    Pair.set(
        found,
        [rows["Tur"], rows["Ene"]],
        clash.version,
        by=manager,
        effect=-1,
        note="Longer filter runs save pumping but raise turbidity.",
    )
    page.goto(at("settle"))
    look(page, "workshop-settle")
    page.goto(at("conflict", clash.pk))
    look(page, "workshop-conflict")
    step("package")
    page.goto(at("package"))
    page.get_by_role("button", name="Choose what fits").click()
    look(page, "workshop-package")
    watching = visits(viewer, reverse("ims:workshop_package", args=[utility.pk, workshop.number]))
    look(watching, "workshop-package-viewer")
    page.goto(at("record"))
    look(page, "workshop-record")
    assert pat.pk


@pytest.mark.usefixtures("narrow")
def test_the_ranked_list_follows_a_weight(visits, catalog, utility, manager):
    findings(utility, manager)
    page = visits(manager, reverse("ims:ranked", args=[utility.pk]))
    expect(page.locator(".places__one").first).to_contain_text("Lift station 7")
    page.locator("#w-cost").evaluate(
        "(range) => { range.value = 100; range.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    expect(page.locator("#w-cost-now")).to_have_text("100")
    expect(page.get_by_text("weights you are trying")).to_be_visible()
    page.get_by_role("link", name="Make it an objective").first.click()
    expect(page.get_by_label("Title")).to_have_value("Reduce overflows: Lift station 7 overflows in wet weather")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("link", name="ASM-").first).to_be_visible()


def findings(utility, manager):
    unit = Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")
    for title, kind, areas, initiatives, scores in (
        ("Lift station 7 overflows in wet weather", "overflow", ["E"], ["cmom"], "554555"),
        ("Mains of 1931 in Mill Street", "asset", ["F"], ["asset-management"], "434332"),
        ("Filter 3 ripens slowly", "limiting", ["Q"], ["partnership-safe-water"], "343152"),
        ("Chlorine cylinders beside the gate", "hazard", ["S", "E"], ["osha-vpp"], "525544"),
        ("Methane is flared", "aspect", ["E", "F"], ["iso-14001"], "254122"),
    ):
        given = [f"{key}:{score}" for key, score in zip([*KEYS, "location"], scores, strict=True)]
        Assessment.open_in(
            utility,
            by=manager,
            title=title,
            kind=kind,
            areas=areas,
            initiatives=initiatives,
            scores=sorted(given),
            units=[unit.pk],
            found="Seen twice in March.",
        )
    Assessment.open_in(utility, by=manager, title="Odor at the headworks", kind="aspect")


def test_the_pages_of_assessing(visits, catalog, utility, manager, viewer):
    findings(utility, manager)
    page = visits(manager, reverse("ims:ranked", args=[utility.pk]))
    page.get_by_text("Why").first.click()
    look(page, "assessing-ranked")
    page.goto(visits.url + reverse("ims:criteria", args=[utility.pk]))
    look(page, "assessing-criteria-start")
    rows = [
        {"name": row.name, "low": row.low, "high": row.high} for row in Criteria.begun(utility, by=manager).rows.all()
    ]
    Criteria.keep(
        utility,
        1,
        rows,
        [{"criterion": "cost-effectiveness", "area": "F", "weight": 80, "why": "Rates are under review."}],
        by=manager,
        why="Rates weigh more this year.",
    )
    page.reload()
    look(page, "assessing-criteria")
    reading = visits(viewer, reverse("ims:criteria", args=[utility.pk]))
    look(reading, "assessing-criteria-viewer")
    made = Assessment.objects.first()
    page.goto(f"{visits.url}{made.get_absolute_url()}edit/")
    look(page, "assessing-edit")
    page.goto(visits.url + made.get_absolute_url())
    look(page, "assessing-record")
