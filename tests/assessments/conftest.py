"""Gap analyses in the states that the tests begin from."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from assessments.models import Finding, GapAnalysis
from tests.assessments.programs import Program, make


@pytest.fixture(autouse=True)
def own_folder(own_folder):
    """Every test here keeps files."""
    return own_folder


@pytest.fixture
def stored_files(own_folder):
    """``stored_files()``: every file that lies in the store."""
    return lambda: [path for path in own_folder.rglob("*") if path.is_file()]


@pytest.fixture
def seen_by():
    """``seen_by(user, analysis)``: the analysis as that person fetches it, with their role."""
    return lambda user, analysis: GapAnalysis.objects.visible_to(user).get(pk=analysis.pk)


@pytest.fixture
def row():
    """``row(analysis, slug)``: one of its findings; with ``by`` as that person fetches it."""

    def fetch(analysis: GapAnalysis, slug: str = "vision", by=None) -> Finding:
        rows = Finding.objects.visible_to(by) if by else Finding.objects.select_related("analysis", "element")
        return rows.get(analysis=analysis, element__slug=slug)

    return fetch


@pytest.fixture
def answer_all():
    """``answer_all(analysis)`` rates every row as serving environment and safety."""

    def answer(analysis: GapAnalysis, **other) -> None:
        analysis.findings.update(**{"rating": 2, "areas": ["E", "S"], "to_confirm": False} | other)

    return answer


@pytest.fixture
def answered(analysis, answer_all) -> GapAnalysis:
    """Every row is answered; it is still under way."""
    answer_all(analysis)
    return analysis


@pytest.fixture
def complete(answered, manager) -> GapAnalysis:
    answered.complete(by=manager)
    return answered


@pytest.fixture
def url():
    """``url(name, analysis, slug)``: an address of the gap analyses."""
    return lambda name, analysis, *more: reverse(f"assessments:{name}", args=[analysis.pk, *more])


@pytest.fixture
def save(url, as_):
    """``save(user, analysis, slug, rating=2, …)`` sends one row as the page's script does."""

    def send(user, analysis, slug="vision", *, script=True, **data):
        data = {"version": 1} | data
        headers = {"Accept": "application/json"} if script else {}
        return as_(user).post(url("save", analysis, slug), data, headers=headers)

    return send


@pytest.fixture
def program(request):
    """``program(role)``: a program with a token of that person; with ``scope``, of that scope."""
    cache.clear()  # the limits of requests
    return lambda role, **more: Program(make(request.getfixturevalue(role), **more))
