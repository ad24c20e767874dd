"""In a blind cycle the panel does not learn who applies, by any address, file, search or email, until the release."""

from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook
from post_office.models import Email

from recognition.application.blind import anonymous
from recognition.models import Application, Cycle, PanelMember, Photo, Seat
from recognition.urls import urlpatterns
from reports import kinds
from tests.applications import fill, review, whole_content
from tests.pictures import photo
from tests.recognition.deciding.test_packet import found, made

pytestmark = pytest.mark.django_db
Status = Application.Status
NAMES = ("riverbend", "mara gerr", "mill road", "541 555", "manager@example", "or4100001", "kilgore")
TELLS = "At Riverbend Water and  Sewer, Mara Gerr and OR4100001 stand for Riverbend. "


@pytest.fixture
def blind(cycle, draft, manager, own_folder) -> Application:
    """A draft whose texts name the applicant, with a photo and partners."""
    Cycle.objects.filter(pk=cycle.pk).update(blind=True)
    named = whole_content()["attributes.product-quality"]
    named["changes"] = TELLS + named["changes"]
    fill(draft, manager, partners={"partners": "Kilgore College"}, **{"attributes.product-quality": named})
    assert not draft.checked().deficiencies
    Photo.add(draft, photo(), by=manager, caption="Riverbend's new hall", may_publish=True)
    return draft


@pytest.fixture
def panel(blind, seats, panelists) -> list[Seat]:
    """The first member has declared; the second has submitted a review; the third has not declared."""
    seats[0].declare()
    review(seats[1])
    return seats


def names_in(text: str) -> list[str]:
    return [name for name in NAMES if name in text.lower()]


def addresses(application: Application) -> list[str]:
    """Every address of the program, with the keys of this application where it has some."""
    pk = {
        "pk": application.pk,
        "cycle_pk": application.cycle_id,
        "criterion": "categories.water-efficiency",
        "photo_pk": application.photos.first().pk,
        "utility_pk": application.utility_id,
        "record_pk": 1,
        "token": "x",
        "number": "x",
        "slug": "product-quality",
        "kind": "records",
        "ending": "pdf",
        "name": "my-reviews",
    }
    found = []
    for each in urlpatterns:
        wanted = each.pattern.converters
        found.append(reverse(f"recognition:{each.name}", kwargs={name: pk.get(name, 1) for name in wanted}))
    mine = reverse("recognition:queue", args=["my-reviews"])
    hours = reverse("recognition:hours", args=[application.pk, "panel"])
    photos = [reverse("recognition:photo_file", args=[each.pk]) for each in application.photos.all()]
    return [*found, "/", f"{mine}?sort=state", f"{mine}?export=csv", hours, *photos, reverse("reports:list")]


def test_no_address_tells_a_panel_member_who_applies(panel, panelists, as_):
    application = panel[0].application
    opened = 0
    for member in panelists[:3]:
        browser = as_(member)
        for page in addresses(application):
            answer = browser.get(page, follow=True)
            assert not names_in("" if answer.streaming else answer.text), (member, page)
            assert not answer.headers["Content-Type"].startswith("image/"), page
            opened += answer.status_code == 200
        for words_of in ("Riverbend", "Mara+Gerr", "OR4100001"):
            found = browser.get(f"{reverse('pdca:search')}?q={words_of}").text
            assert "Water and Sewer" not in found
            assert application.get_absolute_url() not in found
    assert opened > 30, "they see pages at all"
    page = as_(panelists[0]).get(reverse("recognition:review", args=[application.pk])).text
    assert application.label in page
    assert "At [hidden], [hidden] and [hidden] stand for [hidden]." in page
    assert "What an applicant wrote may still say who they are" in page


def test_what_is_sent_and_filed_says_nothing_either(panel, panelists, as_, tmp_path):
    application = panel[0].application
    for member in panelists[:2]:
        pdf = made("application-packet", member, application, tmp_path / "packet.pdf")
        text = "".join(page.extract_text() for page in pdf.pages) + str(pdf.metadata)
        assert application.label in text
        assert not names_in(text)
        assert not list(pdf.pages[-1].images), "a photo shows whose plant it is"
        asked = found("application-packet", member, application)
        kind = kinds.single("application-packet")
        assert not names_in(kind.title(asked) + kind.filename(asked))
    sent = Email.objects.filter(to__in=[person.email for person in panelists])
    assert sent.count() >= 4
    assert not names_in("".join(f"{email.subject} {email.message}" for email in sent))
    book = load_workbook(
        BytesIO(as_(panelists[0]).get(reverse("recognition:queue", args=["my-reviews"]) + "?export=xlsx").content)
    )
    cells = [str(cell.value) for row in book.active.iter_rows() for cell in row]
    assert application.label in cells
    assert not names_in(" ".join(cells))
    assert "OR" not in cells


def test_a_filter_by_name_or_state_finds_nothing(panel, panelists, as_):
    queue = reverse("recognition:queue", args=["my-reviews"])
    browser = as_(panelists[0])
    assert panel[0].application.label in browser.get(queue).text
    for query in ("words=Riverbend", "words=OR4100001"):
        assert panel[0].application.label not in browser.get(f"{queue}?{query}").text, query
    for state in ("OR", "WA"):  # there is no such filter, so whatever is asked is answered in the same way
        assert panel[0].application.label in browser.get(f"{queue}?state={state}").text


def test_staff_and_the_utility_see_who_applies(panel, staff, official, manager, as_):
    page = panel[0].application.get_absolute_url()
    assert "Mara Gerr" in as_(staff).get(page).text
    assert "Mara Gerr" in as_(manager).get(page).text


def test_the_release_ends_it(blind, at, panelists, as_):
    application = at(Status.RECOGNIZED)
    member = Seat.objects.filter(application=application).first().member
    assert "Riverbend Water and Sewer" in as_(member).get(application.get_absolute_url()).text


def test_a_cycle_that_is_not_blind_names_the_utility(seats, panelists, as_):
    seats[0].declare()
    page = as_(panelists[0]).get(seats[0].application.get_absolute_url()).text
    assert "Riverbend Water and Sewer" in page
    assert "Blind review" not in page


def test_the_choice_stays_once_a_member_is_assigned(blind, seats):
    cycle = Cycle.objects.get(pk=blind.cycle_id)
    with pytest.raises(IntegrityError, match="cycle_stays_blind"), transaction.atomic():
        Cycle.objects.filter(pk=cycle.pk).update(blind=False)
    Seat.objects.all().delete()
    Cycle.objects.filter(pk=cycle.pk).update(blind=False)


def test_conflicts_come_from_the_profile(panel, panelists, utility, as_):
    """Whoever adds this utility, or its state, leaves the panel without being told of the others who apply."""
    member = PanelMember.objects.get(user=panelists[0])
    said = {"version": member.version, "available": "on", "conflict_states": [utility.state]}
    answer = as_(panelists[0]).post(reverse("recognition:own_reviewer"), said, follow=True)
    assert "You stepped down from 1 blind panel." in answer.text
    panel[0].refresh_from_db()
    assert panel[0].recused_at is not None
    assert as_(panelists[0]).get(panel[0].application.get_absolute_url()).status_code == 404


def test_applicants_are_asked_not_to_name_themselves(blind, manager, as_):
    page = reverse("recognition:step", args=[blind.pk, "attributes"])
    assert "Don’t name your utility" in as_(manager).get(page).text
    Cycle.objects.update(blind=False)
    assert "Don’t name your utility" not in as_(manager).get(page).text


def test_names_are_covered_as_whole_words_whatever_their_case():
    content = {
        "contact": {"organization": "Bend Water", "manager": "Al", "city": "Bend", "identifiers": ["OR0020427"]},
        "partners": {"partners": "Kilgore College"},
        "attributes.a": {"chosen": True, "assessed": "bend water bends. BEND\nWATER. Permit or0020427. Al."},
    }
    found = anonymous(content, ["Bend Water and Sewer"])
    assert found == {
        "attributes.a": {"chosen": True, "assessed": "[hidden] bends. [hidden]. Permit [hidden]. Al."},
    }
