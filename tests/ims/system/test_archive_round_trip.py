"""Everything of a utility goes out as one ZIP and comes back whole."""

from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Membership, Role, User, Utility
from files.models import StoredFile
from ims import registers
from ims.attribution import Attribution
from ims.models import Action, ClosedRegister, Record, RecordComment
from ims.system.archive.tables import WITHHELD, tables
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.ims.system.archive_parts import data_in, packed, take_in

pytestmark = pytest.mark.django_db  # all of them: pytest-django puts off those that do not say so, and loads again

# What may differ between an archive and the one that is made after it came back: all else is the same to the letter.
# What was secret is not there to be kept secret again.
MAY_DIFFER = {"utility", "made_at", "made_by", "workbook", "withheld"}


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """Riverbend with all that the demo's people did there, once for this module."""
    folder = tmp_path_factory.mktemp("demo")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(settings, "LOCAL_DIR", folder)
        patch.setenv("HEADWORKS_DEMO", "1")
        patch.setenv("DEMO_PASSWORD", "tell-me-a-river")
        call_command("load_demo", stdout=StringIO())
        utility = Utility.objects.get(pk=Record.objects.values_list("utility", flat=True)[0])
        manager = utility.memberships.filter(role=Role.MANAGER).first().user
        action = Action.objects.visible_to(manager).filter(utility=utility, is_open=True).first()
        file = StoredFile.keep_made("Plan.txt", "text/plain", b"How we clean the sewers.", by=manager)
        action.attachments.create(added_by=manager, file=file)
        action.say("Long: " + "river " * 6_000 + "\r\nand =1+1", by=manager)
        ClosedRegister.close(utility, "contacts", [manager], by=manager)
        yield utility, manager, packed(utility, manager, folder)
        transaction.set_rollback(True)


@pytest.fixture
def other(demo, db):
    """An empty utility with the same manager, and one other person of the demo."""
    _, manager, _ = demo
    made = UtilityFactory(name="Millbrook")
    Membership.objects.create(user=manager, utility=made, role=Role.MANAGER)
    return made


def test_an_archive_that_came_back_goes_out_the_same(demo, other, tmp_path, own_folder):
    _, manager, content = demo
    take_in(other, content, manager)
    connection.check_constraints()
    before, after = data_in(content), data_in(packed(other, manager, tmp_path))
    assert before.keys() == after.keys()
    for part in before.keys() - MAY_DIFFER - {"tables"}:
        assert before[part] == after[part], part
    for label, rows in before["tables"].items():
        assert rows == after["tables"][label], label


def test_what_came_back_is_lived_in(demo, other, own_folder, as_):
    """The pages of a record of every register open, and work goes on where it stopped."""
    utility, manager, content = demo
    take_in(other, content, manager)
    browser = as_(manager)
    for register in registers.known():
        records = register.model.objects.visible_to(manager).filter(utility=other)
        for record in {each.status: each for each in records}.values():
            page = browser.get(record.get_absolute_url(), follow=True)
            assert page.status_code == 200, record
            assert record.number in page.text
    for page in registers.pages():
        assert browser.get(reverse(page.url_name, args=[other.pk]), follow=True).status_code == 200, page.slug
    started = Action.objects.visible_to(manager).filter(utility=other, status="planned").first()
    started.move("under-way", by=manager)
    assert started.events.last().by == manager
    last = max(Action.objects.filter(utility=utility, number__contains="-2026-").values_list("number", flat=True))
    new = Action.open_in(other, by=manager, title="The next one")
    assert int(new.number.rpartition("-")[2]) == int(last.rpartition("-")[2]) + 1


def test_who_is_no_member_is_named_in_words(demo, other, own_folder, as_):
    utility, manager, content = demo
    take_in(other, content, manager)
    said = RecordComment.objects.filter(record__utility=utility).exclude(by=manager).select_related("by", "record")[0]
    record = Record.objects.get(utility=other, number=said.record.number)
    assert set(record.comments.filter(text=said.text).values_list("by", flat=True)) == {None}
    page = main_of(as_(manager).get(record.get_absolute_url()))
    assert f"<b>{said.by} (as an archive says)</b>" in page
    assert not Attribution.objects.filter(utility=other, email=manager.email).exists()
    owned = Record.objects.filter(utility=utility, owner__user__isnull=False).exclude(owner__user=manager)[0]
    owner = Record.objects.get(utility=other, number=owned.number).owner
    assert (owner.name, owner.user) == (owned.owner.name, None)


def test_closed_registers_stay_closed(demo, other, own_folder):
    utility, manager, content = demo
    take_in(other, content, manager)
    closed = Record.objects.filter(utility=other, register="contacts")
    assert closed.exists()
    assert not closed.filter(restricted=False).exists()
    assert list(ClosedRegister.objects.get(utility=other).readers.all()) == [manager]


def test_the_workbook_opens(demo):
    _, _, content = demo
    with ZipFile(BytesIO(content)) as archive:
        book = load_workbook(BytesIO(archive.read("system.xlsx")))
        readme = archive.read("README.txt").decode()
        names = archive.namelist()
    for name in ("README.txt", "system.xlsx", "system.json"):
        assert name in readme
    assert any(name.startswith("files/PRG-") and name.endswith("/Plan.txt") for name in names)
    data = data_in(content)
    filled = {table.name[:31] for table in tables().values() if data["tables"][table.label]}
    assert {name.replace(":", ",").replace("/", "-") for name in filled} | {"Contents"} == set(book.sheetnames)
    actions = [[cell.value for cell in row] for row in book["Management programs"]]
    place = actions[0].index("Status")
    assert {"Planned", "Under way"} <= {row[place] for row in actions[1:]}
    comments = [cell for row in book["Comments"] for cell in row if str(cell.value).startswith("Long: ")]
    assert comments[0].data_type == "s"
    assert comments[0].value.endswith("(the whole text is in system.json)")
    kinds = {cell.data_type for sheet in book for row in sheet for cell in row}
    assert "f" not in kinds, "a formula would run"


def test_what_people_gave_alone_stays_secret(demo):
    utility, _, content = demo
    data = data_in(content)
    for label in WITHHELD:
        hidden = tables()[label].withheld(utility).count()
        assert data["withheld"].get(label, 0) == hidden
        all_rows = tables()[label].model.objects.filter(**{tables()[label].path: utility}).count()
        assert len(data["tables"][label]) == all_rows - hidden
    assert sum(data["withheld"].values()), "the demo has such ratings or scores"


def test_nobody_but_members_gets_an_account(demo, other, own_folder):
    _, manager, content = demo
    before = User.objects.count()
    take_in(other, content, manager)
    assert User.objects.count() == before
    assert set(other.people.exclude(user=None).values_list("user", flat=True)) == {manager.pk}
