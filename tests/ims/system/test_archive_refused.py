"""What is no whole archive, or says what can't be, is refused with words. Nobody is made to have done anything."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from ims.attribution import Attribution
from ims.models import Action, ClosedRegister, Document, Person, Record
from ims.system.archive import unpacking
from ims.system.archive.opening import Refused
from ims.system.archive.tables import tables
from tests.conftest import main_of
from tests.ims.system.archive_parts import changed, packed, take_in


def rows(data, label):
    return data["tables"][f"ims.{label}"]


def first(data, label, **values):
    rows(data, label)[0].update(values)


def of(label, **values):
    return lambda data: first(data, label, **values)


def with_table(label, found):
    return lambda data: data["tables"].update({label: found})


def in_manual(**values):
    return lambda data: rows(data, "manualedition")[0]["content"].update(values)


def odd_element(slug="vision", register="actions"):
    part = {"register": register, "name": "Odd", "records": []}
    words = {"name": "Vision", "component": "plan", "purpose": "", "words": "", "notes": []}
    return {"slug": slug, "parts": [part], **words}


def linked_to_itself(data):
    first(data, "recordlink", later=rows(data, "recordlink")[0]["earlier"])


def twice(data, label):
    rows(data, label).append(dict(rows(data, label)[0]))


def stored(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


WRONG = {
    "what it refers to is not in it": (of("action", objective="OBJ-2026-999"), "not in the archive"),
    "a record of another register": (of("action", objective="PRG-2026-001"), "not in the archive"),
    "an unknown register": (with_table("ims.spaceship", []), "newer Headworks"),
    "an unknown field": (of("action", color="blue"), "newer Headworks"),
    "a number twice": (lambda data: twice(data, "action"), "PRG-2026-001 is twice"),
    "the number of another register": (of("action", **{"#": "X-2026-001"}, number="X-2026-001"), "no number"),
    "a row is missing": (lambda data: rows(data, "recordevent").pop(0), "missing or twice"),
    "a status to come": (of("action", status="beamed-up"), "status “beamed-up” is unknown"),
    "an unknown choice": (of("recordlink", kind="fights"), "“fights” is unknown"),
    "a title that is too long": (of("action", title="x" * 201), "can’t be imported"),
    "no title": (of("action", title=""), "has a title"),
    "an area that is none": (of("action", areas=["Z"]), "areas known"),
    "a text for a list": (of("action", areas="E"), "another kind"),
    "no day": (of("action", due="someday"), "can’t be imported"),
    "a time without its zone": (of("recordevent", at="2026-01-01T10:00:00"), "no time zone"),
    "an endless number": (of("action", cost="Infinity"), "can’t be imported"),
    "a version of 0": (of("action", version=0), "no version"),
    "a huge version": (of("action", version=10**30), "can’t be imported"),
    "a huge counter": (of("counter", last=2**31 - 1), "can’t be imported"),
    "a NUL": (of("action", title="a\x00b"), "characters"),
    "a record linked to itself": (linked_to_itself, "link to another"),
    "closed without what was verified": (of("action", verified=""), "action"),
    "approved without an approval": (with_table("ims.documentapprover", []), "document is approved"),
    "another utility's key": (of("action", utility=1), "newer Headworks"),
    "an open record of a closed register": (of("contact", restricted=False), "newer Headworks"),
    "an account that is no address": (lambda data: data["accounts"][0].update(email="root"), "no email address"),
    "an account that is not there": (of("recordevent", by=99), "not in the archive"),
    "no rows but a text": (with_table("ims.action", "all"), "not an archive"),
    "another program's": (lambda data: data.update(format="other"), "not an archive"),
    "of a later version": (lambda data: data.update(version=2), "newer Headworks"),
    "a manual without elements": (of("manualedition", content={}), "can’t be imported"),
    "a manual with an odd fact": (in_manual(facts=[["Utility"]]), "another shape"),
    "a manual of no register": (in_manual(elements=[odd_element(register="spaceships")]), "another shape"),
    "a manual of no element": (in_manual(elements=[odd_element(slug="spaceship")]), "another shape"),
    "a file that is missing": (lambda data: data["files"][0].update(path="files/gone.txt"), "gone.txt is missing"),
    "another file": (lambda data: data["files"][0].update(sha256="0" * 64), "not the one"),
    "a program as a file": (lambda data: data["files"][0].update(name="Plan.exe"), "of a type"),
    "a page as a picture": (lambda data: data["files"][0].update(name="Plan.png"), "does not match"),
}  # fmt: skip


def test_wrong_values(content, empty, manager, everything, own_folder, subtests):
    before, files = everything(), stored(own_folder)
    for what, (change, words) in WRONG.items():
        with subtests.test(what):
            with pytest.raises(Refused, match=words):  # were anything left of the one before, this would say "already"
                take_in(empty, changed(content, change), manager)
            assert stored(own_folder) == files
    assert everything() == before


def zipped(**files: bytes) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def edited_workbook(content):
    return changed(content, lambda data: None, system_xlsx=zipped(**{"xl/workbook.xml": b"other"}))


WRONG_ZIPS = {
    "no ZIP": (lambda content: b"%PDF-1.7 a report", "damaged"),
    "half of it": (lambda content: content[: len(content) // 2], "damaged"),
    "a broken part": (lambda content: content[:2000] + bytes(500) + content[2500:], "damaged|changed|not an archive"),
    "another product's": (lambda content: zipped(**{"export.csv": b"a,b"}), "not an archive"),
    "without its rows": (lambda content: changed(content, lambda data: None, system_json=None), "not an archive"),
    "no JSON": (lambda content: zipped(**{"system.json": b"[" * 100_000, "system.xlsx": b""}), "not an archive"),
    "a number that is none": (lambda content: zipped(**{"system.json": b"NaN", "system.xlsx": b""}), "not an archive"),
    "an edited workbook": (edited_workbook, "system.xlsx in this ZIP was changed"),
    "a name that leads out": (lambda content: zipped(**{"../../etc/cron.d/x": b"", "system.json": b"{}"}), "leads out"),
    "an absolute name": (lambda content: zipped(**{"/etc/passwd": b"", "system.json": b"{}"}), "leads out"),
    "a name for Windows": (lambda content: zipped(**{"C:\\x": b"", "system.json": b"{}"}), "leads out"),
}


def test_wrong_zips(content, empty, manager, everything, subtests):
    before = everything()
    for what, (make, words) in WRONG_ZIPS.items():
        with subtests.test(what), pytest.raises(Refused, match=words):
            take_in(empty, make(content), manager)
    assert everything() == before


def test_a_bomb_is_refused_before_it_is_unpacked(content, empty, manager, settings, monkeypatch):
    settings.ARCHIVE_MAX_UNPACKED = 1_000_000
    bomb = zipped(**{"system.json": b" " * 1_000_001, "system.xlsx": b""})
    monkeypatch.setattr(ZipFile, "read", lambda *given: pytest.fail("it was unpacked"))
    with pytest.raises(Refused, match="too large when unpacked"):
        take_in(empty, bomb, manager)


def test_a_utility_with_anything_in_it_takes_no_archive(content, filled, empty, manager, everything):
    take_in(empty, content, manager)
    before = everything()
    for utility in (filled, empty):
        with pytest.raises(Refused, match="already"):
            take_in(utility, content, manager)
    assert everything() == before


@pytest.mark.parametrize("error", [RuntimeError("killed"), DatabaseError("gone"), KeyboardInterrupt()])
def test_what_breaks_at_the_end_leaves_nothing(content, empty, manager, everything, own_folder, monkeypatch, error):
    before, files = everything(), stored(own_folder)
    monkeypatch.setattr(unpacking._Unpacking, "_verify", lambda self: (_ for _ in ()).throw(error))
    with pytest.raises(Refused if isinstance(error, DatabaseError) else type(error)):
        take_in(empty, content, manager)
    assert everything() == before
    assert stored(own_folder) == files


# Nobody is made to have done anything.


def test_an_archive_proves_nothing_about_what_others_did(content, filled, empty, manager, contributor, as_):
    """A manager could write anything into a ZIP: that a colleague approved, closed or said something."""

    def forged(data):
        connie = next(place for place, each in enumerate(data["accounts"], 1) if each["email"] == contributor.email)
        for label in ("recordevent", "recordchange", "recordcomment", "documentapprover"):
            for row in rows(data, label):
                row["by" if "by" in row else "entered_by"] = connie

    take_in(empty, changed(content, forged), manager)
    names = {f.attname for t in tables().values() for f in t.fields if f.related_model is type(contributor)}
    assert names >= {"by_id", "created_by_id", "entered_by_id", "changed_by_id"}
    for table in tables().values():
        if table.label in ("ims.person", "ims.closedregister_readers"):
            continue
        for field in table.fields:
            if field.related_model is type(contributor):
                mine = table.model._base_manager.filter(**{table.path: empty})
                assert not mine.filter(**{field.name: contributor}).exists(), field
    document = Document.objects.get(utility=empty)
    assert {each.person.name for each in document.approvers.all()} == {"Mara Gerr", "Connie Boyd"}
    assert all(each.is_unclaimed for each in document.approvers.all())
    page = main_of(as_(manager).get(document.get_absolute_url()))
    assert page.count("From an archive, or entered by a former member") == 2
    assert "Connie Boyd (as an archive says)" in page


def test_members_are_matched_by_email_for_what_they_own_only(content, filled, empty, manager, contributor):
    kept = Person.objects.of(empty).get(user=contributor)  # as any page makes it
    take_in(empty, content, manager)
    action = Record.objects.get(utility=empty, number="PRG-2026-001")
    assert action.owner.user == contributor
    assert action.owner.pk != kept.pk
    assert not Person.objects.filter(pk=kept.pk).exists()
    assert action.assigned_at is None, "nobody is told anew"
    mine = Record.objects.get(utility=empty, number="PRG-2026-002")
    assert (mine.created_by, mine.owner.user) == (manager, manager)
    assert Attribution.objects.filter(utility=empty, email=contributor.email, column="ims.recordcomment.by").exists()


def test_no_stranger_gets_in(content, filled, empty, manager, contributor, stranger):
    """The address of somebody who is no member there gives them nothing."""

    def forged(data):
        for each in data["accounts"]:
            if each["email"] == contributor.email:
                each["email"] = stranger.email

    take_in(empty, changed(content, forged), manager)
    assert not Person.objects.filter(utility=empty, user=stranger).exists()
    assert not ClosedRegister.objects.get(utility=empty).readers.exists()
    assert set(Record.objects.filter(utility=empty, register="contacts").values_list("restricted", flat=True)) == {True}
    assert not Record.objects.visible_to(stranger).exists()


def test_the_rules_hold_again_for_everyone(content, empty, manager):
    """What the import may write, nobody else may: the triggers that it passes are on for the next statement."""
    take_in(empty, content, manager)
    approver = Document.objects.get(utility=empty).approvers.first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pgtrigger.ignore', true)")
        assert cursor.fetchone()[0] in (None, "")
    with pytest.raises(DatabaseError):
        approver.delete()


def test_numbers_go_on_after_the_highest(content, empty, manager):
    take_in(empty, renumbered(content), manager)
    assert Action.open_in(empty, by=manager, title="Next").number == "PRG-2026-908"


def renumbered(content: bytes) -> bytes:
    made = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(made, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data.replace(b"PRG-2026-002", b"PRG-2026-907") if name == "system.json" else data)
    return made.getvalue()


def test_queries_do_not_grow_with_the_rows(filled, another, manager, tmp_path):
    """Out and in: the same number at a few rows and at sixty more."""

    def counted(utility, into):
        with CaptureQueriesContext(connection) as out:
            made = packed(utility, manager, tmp_path)
        with CaptureQueriesContext(connection) as back:
            take_in(into, made, manager)
        return len(out), len(back)

    few = counted(filled, another("Millbrook"))
    for place in range(60):
        made = Action.open_in(filled, by=manager, title=f"Action {place}")
        made.say("Noted.", by=manager)
    assert counted(filled, another("Third")) == few
