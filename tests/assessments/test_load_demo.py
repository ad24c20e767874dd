"""Demo data: only on demand, only in a database without users, and whole."""

from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command

from accounts.models import Membership, Role, User, Utility
from assessments.management.commands.load_demo import ADMIN, DATA, PEOPLE
from assessments.models import GapAnalysis
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
TOLD = {utility["name"]: utility for utility in yaml.safe_load(DATA.read_text())["utilities"]}


def load() -> str:
    said = StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue()


@pytest.fixture
def demo(catalog, monkeypatch):
    monkeypatch.setenv("HEADWORKS_DEMO", "1")
    monkeypatch.setenv("DEMO_PASSWORD", "tell-me-a-river")


@pytest.fixture
def loaded(demo) -> str:
    return load()


@pytest.mark.parametrize("value", [None, "", "0", "yes"])
def test_it_needs_to_be_asked_for(catalog, monkeypatch, value):
    monkeypatch.delenv("HEADWORKS_DEMO", raising=False)
    if value is not None:
        monkeypatch.setenv("HEADWORKS_DEMO", value)
    with pytest.raises(CommandError, match="make demo"):
        load()
    assert not User.objects.exists()


def test_a_database_with_users_of_its_own_is_left_alone(demo):
    UserFactory()
    assert "no demo data" in load()
    assert User.objects.count() == 1
    assert not Utility.objects.exists()


def test_a_second_time_changes_nothing(loaded):
    before = list(GapAnalysis.objects.values())
    assert "as printed the first time" in load()
    assert list(GapAnalysis.objects.values()) == before
    assert User.objects.count() == 4


def test_the_accounts_are_printed_and_can_sign_in(loaded, client):
    assert "Password of all four: tell-me-a-river" in loaded
    for email in [*PEOPLE, ADMIN]:
        assert email in loaded
        answer = client.post("/account/login/", {"login": email, "password": "tell-me-a-river"})
        assert answer.status_code == 302
        client.logout()
    assert User.objects.get(email=ADMIN).is_superuser
    assert not User.objects.exclude(email=ADMIN).filter(is_staff=True).exists()


def test_without_a_given_password_a_random_one_is_made(demo, monkeypatch):
    monkeypatch.delenv("DEMO_PASSWORD")
    password = load().rpartition("Password of all four: ")[2].strip()
    assert len(password) >= 12
    assert User.objects.get(email=ADMIN).check_password(password)


def test_everyone_has_their_role_everywhere(loaded):
    assert Membership.objects.count() == 3 * len(TOLD)
    for email, (_, role) in PEOPLE.items():
        assert set(Membership.objects.filter(user__email=email).values_list("role", flat=True)) == {Role(role)}


def test_every_analysis_is_loaded_as_told(loaded):
    for name, told in TOLD.items():
        for one in told["analyses"]:
            analysis = GapAnalysis.objects.get(utility__name=name, name=one["name"])
            assert (analysis.status, analysis.areas, analysis.as_of) == (one["status"], one["areas"], one["as_of"])
            assert sorted(analysis.initiatives.values_list("slug", flat=True)) == sorted(one["initiatives"])
            kept = {finding.element.slug: finding for finding in analysis.findings.select_related("element")}
            assert len(kept) == 18
            for slug, finding in kept.items():
                row = one["findings"].get(slug, {"rating": None, "areas": []})
                assert (finding.rating, finding.areas) == (row["rating"], row["areas"]), f"{name}: {slug}"
                assert finding.evidence == row.get("evidence", "").strip()
    assert GapAnalysis.objects.count() == sum(len(told["analyses"]) for told in TOLD.values())


@pytest.mark.parametrize("city", ["Albany", "Eugene"])
def test_the_worked_cases_are_under_way_and_silent_where_the_text_is(loaded, city):
    analysis = GapAnalysis.objects.get(utility__city=city)
    assert analysis.status == GapAnalysis.Status.DRAFT
    assert 0 < len(analysis.results.answered) < 18
    assert "not answered yet" in " ".join(analysis.results.sentences)
    assert all(finding.evidence for finding in analysis.findings.answered()), "each with the fact that it rests on"


def test_the_invented_utility_has_a_complete_one_and_an_older_one(loaded):
    name = next(name for name, told in TOLD.items() if told.get("fictional"))
    analyses = list(GapAnalysis.objects.filter(utility__name=name))
    assert len(analyses) >= 2
    assert any(analysis.status == "complete" and analysis.frozen for analysis in analyses)
    assert len({analysis.as_of for analysis in analyses}) == len(analyses)
