"""``load_catalog`` may run at every start and never undoes what an administrator changed."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError

from accounts.models import StaffGroup
from initiatives.models import Initiative
from pdca import loading
from pdca.models import Area, Component, Element

pytestmark = pytest.mark.django_db


def load_catalog() -> str:
    said = StringIO()
    call_command("load_catalog", stdout=said)
    return said.getvalue()


def row(initiative: Initiative, **changes):
    """The data of an initiative as its file has it, with what a newer version of the file says."""
    return [initiative.loaded | changes]


def test_first_run_creates_everything_and_says_so(no_catalog):
    said = load_catalog()

    assert "areas: 5 created" in said
    assert "components: 4 created" in said
    assert "elements: 18 created" in said
    assert "initiatives: 15 created" in said
    assert "staff groups: 5 created" in said


def test_second_run_changes_nothing(catalog):
    before = [list(model.objects.values()) for model in (Area, Component, Element, Initiative)]

    said = load_catalog()

    assert [list(model.objects.values()) for model in (Area, Component, Element, Initiative)] == before
    assert "initiatives: 0 created, 0 updated, 15 unchanged, 0 edits kept" in said
    assert "staff groups: 0 created" in said


def test_an_administrators_words_stay_and_are_counted(catalog):
    Initiative.objects.filter(slug="cmom").update(key_feature="Our own words")
    Element.objects.filter(slug="vision").update(name="Vision and mission")

    said = load_catalog()

    assert Initiative.objects.get(slug="cmom").key_feature == "Our own words"
    assert Element.objects.get(slug="vision").name == "Vision and mission"
    assert "initiatives: 0 created, 0 updated, 15 unchanged, 1 edits kept" in said
    assert "kept as edited: cmom: key_feature" in said
    assert "kept as edited: vision: name" in said


def test_an_administrators_areas_stay(catalog):
    Initiative.objects.get(slug="cmom").areas.set(["E", "S", "Q"])

    said = load_catalog()

    assert [area.code for area in Initiative.objects.get(slug="cmom").areas.all()] == ["E", "S", "Q"]
    assert "kept as edited: cmom: areas" in said


def test_an_emptied_field_counts_as_changed_too(catalog):
    Initiative.objects.filter(slug="cmom").update(group_reason="")

    load_catalog()

    assert Initiative.objects.get(slug="cmom").group_reason == ""


def test_newer_data_reaches_untouched_fields_and_skips_edited_ones(catalog):
    cmom = Initiative.objects.get(slug="cmom")
    Initiative.objects.filter(slug="cmom").update(key_feature="Our own words")

    outcome = loading.load(
        Initiative, "slug", row(cmom, key_feature="Newer words", short_name="CMOM program", areas=["E"], act=1)
    )

    cmom.refresh_from_db()
    assert (cmom.short_name, cmom.act, cmom.key_feature) == ("CMOM program", 1, "Our own words")
    assert [area.code for area in cmom.areas.all()] == ["E"]
    assert (outcome.updated, outcome.kept) == (1, ["cmom: key_feature"])


def test_a_field_given_back_its_loaded_value_follows_the_data_again(catalog):
    cmom = Initiative.objects.get(slug="cmom")
    words = cmom.key_feature
    Initiative.objects.filter(slug="cmom").update(key_feature="Our own words")
    load_catalog()
    Initiative.objects.filter(slug="cmom").update(key_feature=words)

    loading.load(Initiative, "slug", row(cmom, key_feature="Newer words"))

    cmom.refresh_from_db()
    assert cmom.key_feature == "Newer words"


def test_an_edit_that_the_data_catches_up_with_follows_it_from_then_on(catalog):
    cmom = Initiative.objects.get(slug="cmom")
    Initiative.objects.filter(slug="cmom").update(short_name="CMOM program")

    loading.load(Initiative, "slug", row(cmom, short_name="CMOM program"))
    loading.load(Initiative, "slug", row(cmom, short_name="CMOM programs"))

    cmom.refresh_from_db()
    assert cmom.short_name == "CMOM programs"


def test_a_field_younger_than_the_last_load_is_filled_where_it_is_still_empty(catalog):
    cmom = Initiative.objects.get(slug="cmom")
    data = row(cmom)
    without = {name: value for name, value in cmom.loaded.items() if name not in ("group_reason", "areas")}
    Initiative.objects.filter(slug="cmom").update(group_reason="", loaded=without)
    cmom.areas.clear()

    loading.load(Initiative, "slug", data)

    cmom.refresh_from_db()
    assert cmom.group_reason
    assert [area.code for area in cmom.areas.all()] == ["E", "S"]


def test_rows_that_administrators_added_stay_as_they_are(catalog):
    own = {"group": "best-practices", "key_feature": "Ours", "plan": 3, "do": 3, "check_strength": 3, "act": 3}
    Initiative.objects.create(slug="effective-utility-management", name="Effective Utility Management", **own)

    load_catalog()

    assert Initiative.objects.count() == 16
    assert Initiative.objects.get(slug="effective-utility-management").loaded == {}


def test_a_row_made_by_hand_under_a_slug_of_the_data_is_not_touched(no_catalog):
    own = {"group": "best-practices", "key_feature": "Ours", "plan": 3, "do": 3, "check_strength": 3, "act": 3}
    Initiative.objects.create(slug="iso-14001", name="ISO 14001, as we see it", **own)

    said = load_catalog()

    kept = Initiative.objects.get(slug="iso-14001")
    assert (kept.name, kept.plan, kept.short_name, kept.areas.count()) == ("ISO 14001, as we see it", 3, "", 0)
    assert "initiatives: 14 created, 0 updated, 1 unchanged" in said


def test_a_broken_file_changes_nothing(no_catalog, monkeypatch):
    intact = loading.read

    def broken(path):
        rows = intact(path)
        if path.name == "initiatives.yaml":
            rows[-1]["plan"] = None
        return rows

    monkeypatch.setattr(loading, "read", broken)

    with pytest.raises(IntegrityError, match="plan"):
        load_catalog()

    assert not Area.objects.exists()
    assert not Initiative.objects.exists()


def test_staff_groups_are_made_and_administrators_may_edit_the_catalog(catalog):
    assert set(Group.objects.values_list("name", flat=True)) == set(StaffGroup.values)
    may = set(Group.objects.get(name=StaffGroup.ADMINISTRATOR).permissions.values_list("codename", flat=True))
    edited = ["area", "component", "element", "initiative", "edition", "attribute", "capacityelement", "category"]
    edited += ["option", "cycle", "panelmember", "addressee", "emailtemplate", "sourcetable", "topic", "term", "case"]
    edited += ["flow", "opportunity", "publicpage", "utilitygroup"]
    read = ["application", "applicationevent", "seat", "cycleevent", "message", "rating", "submission", "utility"]
    read += [f"historical{model}" for model in edited[:4]]
    read += [f"historical{model}" for model in ("flow", "opportunity", "sourcetable", "topic", "term", "case")]
    read += ["recognition", "hours", "notice", "echoanswer", "screening", "screeningfinding", "auditentry"]
    expected = {f"{action}_{model}" for action in ("add", "change", "view") for model in edited}
    assert may == expected | {f"view_{model}" for model in read}
    others = Group.objects.exclude(name=StaffGroup.ADMINISTRATOR)
    assert not others.filter(permissions__isnull=False).exists()
