"""What a utility can show the auditor for ISO 14001; a utility in which people worked, and an empty one."""

from datetime import date

import pytest

from accounts.models import Membership, Role
from files.models import StoredFile
from ims.attribution import Attribution
from ims.closed import ClosedRegister
from ims.do.contacts import Contact
from ims.links import LED_TO, link
from ims.models import Action, ArchiveImport, Document, Person, Record, Requirement
from ims.system.archive.tables import tables
from ims.system.auditing import Auditing
from ims.system.manual import ManualEdition
from ims.system.manual_content import compose
from initiatives.models import Initiative
from tests.factories import UtilityFactory
from tests.ims.system.archive_parts import packed

ISO = "iso-14001"


def requirement(utility, by, title, *, initiatives=(), areas="E", status="in-force", **fields) -> Requirement:
    """As ``by`` fetches it."""
    made = Requirement.open_in(
        utility, by=by, title=title, initiatives=list(initiatives), areas=list(areas), kind="permit", **fields
    )
    if status != "coming":
        Requirement.objects.visible_to(by).get(pk=made.pk).move(status, by=by)
    return Requirement.objects.visible_to(by).get(pk=made.pk)


@pytest.fixture
def permit(catalog, utility, manager) -> Requirement:
    """In force: it proves what ISO 14001 asks about legal and other requirements."""
    return requirement(utility, manager, "Sample each outfall", initiatives=[ISO])


@pytest.fixture
def auditing(utility):
    """``auditing()``, ``auditing("ES")``: what the utility can show now."""
    return lambda scope="": Auditing(utility, Initiative.objects.get(slug=ISO), scope)


@pytest.fixture
def filled(own_folder, action, utility, manager, contributor):
    """An action that is closed, with all that records have; a document that two approved; a closed register."""
    people = {user: Person.objects.of(utility).get(user=user) for user in (manager, contributor)}
    action.change(action.version, by=manager, owner=people[contributor], title="Clean the sewers of Oak Street")
    action.say("Connie, the board asks for figures. @Connie Boyd", by=contributor)
    file = StoredFile.keep_made("Plan.txt", "text/plain", b"Twice a year.", by=contributor)
    action.attachments.create(added_by=contributor, file=file)
    action.attach_link(by=manager, url="https://example.org/plan", title="The plan")
    follow_up = Action.open_in(utility, by=manager, title="Tell the board", owner=people[manager])
    link(action, follow_up, LED_TO, by=manager)
    for step in ("under-way", "done", "closed"):
        asked = {"verified": "No overflow.", "verified_by": "Dana"} if step == "closed" else {}
        Action.objects.visible_to(manager).get(pk=action.pk).move(step, by=manager, **asked)
    document = Document.open_in(utility, by=manager, title="Pump changes", text="Isolate the pump.", areas=["S"])
    document = Document.objects.visible_to(manager).get(pk=document.pk)
    document.ask_approvers([people[manager], people[contributor]], by=manager)
    document.move("in-review", by=manager)
    for user, person in people.items():
        Document.objects.visible_to(user).get(pk=document.pk).approve(person, by=user)
    given = {"name": "Ms. Lake", "received_on": date(2026, 3, 1), "said": "It smells."}
    Contact.open_in(utility, by=manager, title="Odor at night", **given)
    ClosedRegister.close(utility, "contacts", [contributor], by=manager)
    ManualEdition.issue(utility, "", 0, compose(utility), by=manager, approved_by="The board")
    return utility


@pytest.fixture
def content(filled, manager, tmp_path) -> bytes:
    return packed(filled, manager, tmp_path)


@pytest.fixture
def another(manager, contributor):
    """``another(name)``: an empty utility with the same manager; the contributor is a member there too."""

    def make(name: str):
        made = UtilityFactory(name=name)
        Membership.objects.create(user=manager, utility=made, role=Role.MANAGER)
        Membership.objects.create(user=contributor, utility=made, role=Role.CONTRIBUTOR)
        return made

    return make


@pytest.fixture
def empty(another):
    return another("Millbrook")


@pytest.fixture
def everything():
    """``everything()``: all rows of all tables of archives, and what comes with one."""
    models = [Record, Attribution, ArchiveImport, StoredFile, *(table.model for table in tables().values())]
    return lambda: [list(model._base_manager.order_by("pk").values()) for model in models]
