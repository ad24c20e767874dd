"""The migration that makes a row of each integration opportunity in an element's JSON column."""

import importlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from pdca import loading
from pdca.models import Element, Opportunity
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
migration = importlib.import_module("pdca.migrations.0009_opportunities_moved")
DATA = loading.read(loading.DATA / "opportunities.yaml")
BEGUN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(title: str, **parts) -> dict:
    return {"title": title, "shared": f"{title} shared", "benefit": f"{title} benefit", "source": "us"} | parts


@pytest.fixture
def apps(catalog):
    """The models as of migration 0008, with the JSON columns back in the tables and no opportunity moved yet."""
    Opportunity.objects.all().delete()
    Opportunity.history.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("pdca_element", "pdca_historicalelement"):
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN opportunities jsonb NOT NULL DEFAULT '[]'")
    apps = MigrationLoader(connection).project_state(("pdca", "0008_opportunities")).apps
    apps.get_model("pdca", "HistoricalElement").objects.all().delete()
    return apps


class Old:
    """An element as it was kept until 0007: each ``version`` is published and in the history."""

    def __init__(self, apps, slug: str) -> None:
        self.row = apps.get_model("pdca", "Element").objects.get(slug=slug)
        self.history, self.at = apps.get_model("pdca", "HistoricalElement"), BEGUN

    def loaded(self, records: list[dict]) -> "Old":
        self.row.loaded["opportunities"] = records
        return self.version(records)

    def version(self, records: list[dict], by: int | None = None, why: str = "") -> "Old":
        self.row.opportunities = records
        self.row.save()
        self.at += timedelta(days=1)
        names = {field.attname for field in self.history._meta.concrete_fields}
        values = {name: value for name, value in vars(self.row).items() if name in names}
        about = {"history_date": self.at, "history_user_id": by, "history_change_reason": why, "history_type": "~"}
        self.history.objects.create(**values | about)
        return self

    def drafted(self, **draft) -> "Old":
        self.row.draft = draft
        self.row.save()
        return self


def moved(apps, element: str) -> list[Opportunity]:
    migration.move(apps, None)
    return list(Opportunity.objects.filter(element=element))


def said(rows) -> list[tuple[str, int, str]]:
    return [(row.slug, row.order, row.title) for row in rows]


def edited(row: Opportunity) -> set[str]:
    return {name for name in row.plain() if not row.as_loaded(name)}


def load() -> loading.Outcome:
    return loading.load(Opportunity, "slug", [row | {"published": True} for row in DATA])


A, B, C = record("The same units"), record("Data gathered once"), record("The same yardsticks")
SLUGS = migration.SLUGS["assessing-areas"]


def test_the_slugs_are_those_of_the_data_file():
    slugs = {}
    for row in DATA:
        slugs.setdefault(row["element"], []).append(row["slug"])

    assert slugs == migration.SLUGS


def test_what_nobody_edited_counts_as_loaded_and_takes_the_next_texts(apps):
    Old(apps, "assessing-areas").loaded([A, B, C])

    rows = moved(apps, "assessing-areas")

    assert said(rows) == [(slug, n, r["title"]) for n, (slug, r) in enumerate(zip(SLUGS, [A, B, C], strict=True), 1)]
    assert all(row.as_loaded() and row.published for row in rows)
    assert [row.history.count() for row in rows] == [1, 1, 1]
    outcome = load()
    assert (outcome.updated, outcome.kept) == (3, [])
    for row, own in zip(Opportunity.objects.filter(element="assessing-areas"), DATA[3:], strict=False):
        assert row.plain() == own


def test_an_edit_stays_an_edit_with_who_made_it(apps):
    editor = UserFactory()
    better = A | {"benefit": "Edited", "note": "Ours"}
    Old(apps, "assessing-areas").loaded([A, B, C]).version([better, B, C], editor.pk, "Better")

    first, *others = moved(apps, "assessing-areas")

    assert (first.benefit, first.note) == ("Edited", "Ours")
    assert edited(first) == {"benefit", "note"}
    assert all(row.as_loaded() for row in others)
    newest, oldest = first.history.all()
    assert (newest.history_user, newest.history_change_reason, newest.benefit) == (editor, "Better", "Edited")
    assert (oldest.history_type, newest.history_type, oldest.benefit) == ("+", "~", A["benefit"])
    load()
    first.refresh_from_db()
    assert (first.benefit, first.note) == ("Edited", "Ours")
    assert first.title == DATA[3]["title"], "what was not edited takes the next text"


def test_a_new_title_and_order_keep_the_slugs(apps):
    renamed = B | {"title": "Data collected a single time"}
    Old(apps, "assessing-areas").loaded([A, B, C]).version([C, A, renamed])

    rows = moved(apps, "assessing-areas")

    assert said(rows) == [(SLUGS[2], 1, C["title"]), (SLUGS[0], 2, A["title"]), (SLUGS[1], 3, renamed["title"])]
    assert edited(rows[2]) == {"title", "order"}


def test_texts_reworded_by_an_earlier_release_keep_their_rows(apps):
    reworded = [record(f"Reworded {n}", benefit=f"b{n}") for n in range(3)]
    old = Old(apps, "assessing-areas").loaded([A, B, C]).version([A | {"benefit": "x"}, B, C])
    old.loaded(reworded)

    rows = moved(apps, "assessing-areas")

    assert [row.slug for row in rows] == SLUGS
    assert all(row.as_loaded() for row in rows)
    assert rows[0].history.count() == 3


def test_one_that_somebody_removed_is_retired_and_stays_so(apps):
    Old(apps, "assessing-areas").loaded([A, B, C]).version([A, C], why="One less")

    rows = moved(apps, "assessing-areas")

    gone = Opportunity.objects.get(slug=SLUGS[1])
    assert gone.retired_on == (BEGUN + timedelta(days=2)).date()
    assert gone.history.first().history_change_reason == "One less"
    assert [row.slug for row in rows if not row.retired_on] == [SLUGS[0], SLUGS[2]]
    load()
    assert SLUGS[1] not in {row.slug for row in Opportunity.objects.readable()}


def test_one_made_by_hand_gets_a_slug_of_its_title_that_nothing_else_has(apps):
    own, other = record("Data collected once"), record("Quite new", note="n")
    Old(apps, "assessing-areas").loaded([A, B, C]).version([A, B, C, own, other])

    *_, fourth, fifth = moved(apps, "assessing-areas")

    assert said([fourth, fifth]) == [("data-collected-once-2", 4, own["title"]), ("quite-new", 5, other["title"])]
    assert fourth.loaded == {}
    assert fifth.note == "n"


def test_a_draft_moves_to_the_rows_that_it_changes(apps):
    changed, new = A | {"caution": "Drafted"}, record("Drafted new")
    old = Old(apps, "assessing-areas").loaded([A, B, C])
    old.drafted(opportunities=[changed, C, new], purpose="A drafted purpose")

    moved(apps, "assessing-areas")

    first, second, third = (Opportunity.objects.get(slug=slug) for slug in SLUGS)
    assert first.draft == {"caution": "Drafted"}
    assert (second.draft, second.history.first().history_change_reason) == (None, migration.LEFT_OUT)
    assert third.draft is None
    drafted = Opportunity.objects.get(slug="drafted-new")
    assert (drafted.published, drafted.title) == (False, "Drafted new")
    assert Element.objects.get(slug="assessing-areas").draft == {"purpose": "A drafted purpose"}


def test_a_drafted_order_is_drafted_for_each_row(apps):
    Old(apps, "assessing-areas").loaded([A, B, C]).drafted(opportunities=[B, A, C])

    rows = moved(apps, "assessing-areas")

    assert [row.draft for row in rows] == [{"order": 2}, {"order": 1}, None]
    assert Element.objects.get(slug="assessing-areas").draft is None


def test_texts_too_long_for_their_columns_are_in_the_note_in_full(apps):
    long = record("T" * 300, source="S" * 300, note="N")
    Old(apps, "vision").version([long])

    [row] = moved(apps, "vision")

    assert (len(row.title), len(row.source)) == (160, 200)
    assert row.note.split("\n") == ["N", "T" * 300, "S" * 300]


def test_without_history_there_is_one_record(apps):
    old = Old(apps, "vision").loaded([A])
    old.history.objects.all().delete()

    [row] = moved(apps, "vision")

    assert [(one.history_type, one.history_change_reason) for one in row.history.all()] == [("+", migration.MOVED)]
    assert "opportunities" not in Element.objects.get(slug="vision").loaded
