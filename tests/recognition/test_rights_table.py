"""The table of an application's rights in docs/rights.md is read and compared with what each role may do.

A row that is not in ``ROWS``, or a right that no row names, fails: the table is complete.
"""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from recognition.models import Application
from recognition.rights import Act, Rights
from tests.applications import Status

pytestmark = pytest.mark.django_db

# Row of the table → what it means: each of these, at one of its stages, or a page of the cycle that opens.
ROWS: dict[str, list[list[tuple[Act, str]] | str]] = {
    "fill in, photos": [[(Act.EDIT, "returned")]],
    "evidence of records": ["records", [(Act.EDIT, "returned")]],
    "submit, withdraw": [[(Act.SUBMIT, "returned")], [(Act.WITHDRAW, "panel")], [(Act.DELETE, "draft")]],
    "read text": [[(Act.READ_TEXT, "recognized")]],
    "contact, identifiers": [[(Act.READ_CONTACT, "recognized")]],
    "passages claimed": [[(Act.READ_CONFIDENTIAL, "recognized")]],
    "propose the panels": ["panels"],
    "see how far": ["reviewers"],
    "invite reviewers": ["reviewer_list", [(Act.APPOINT, "panel")]],
    "say what they know": ["own_reviewer"],
    "declare or step down": ["declare_all", [(Act.DECLARE, "panel")]],
    "later deadline": [
        [(Act.EXTEND, "returned")],
        [(Act.SEE_CHECKLIST, "completeness")],
        [(Act.TAKE_UP, "submitted")],
        [(Act.CHECK, "completeness")],
        [(Act.CLOSE_LATE, "returned")],
        [(Act.RECORD_REGION, "region")],
        [(Act.ASSIGN, "panel")],
        [(Act.WRITE_FEEDBACK, "recognized")],
    ],
    "reopen one": [[(Act.REOPEN, "incomplete"), (Act.REOPEN, "not_eligible")]],
    "print letters": ["letters", [(Act.MAIL, "panel")]],
    "compliance record": [[(Act.SEE_COMPLIANCE, "recommended"), (Act.RECORD_COMPLIANCE, "recommended")]],
    "find no violation": [[(Act.CLEAR, "compliance")], [(Act.BAR, "compliance")]],
    "rate, discuss": [[(Act.RATE, "panel")], [(Act.DISCUSS, "panel")]],
    "others' submitted": [[(Act.SEE_REVIEWS, "recommended"), (Act.SEE_PEOPLE, "recommended")]],
    "recommend": [[(Act.RECOMMEND, "panel")]],
    "the panel’s recommendation": [[(Act.SEE_RECOMMENDATION, "recommended")]],
    "released feedback": [[(Act.SEE_FEEDBACK, "recognized")]],
    "decide": [[(Act.DECIDE, "recommended")]],
    "edit or hold": ["outbox", [(Act.EDIT_LETTER, "recommended")]],
    "letter and certificate": [[(Act.GET_LETTER, "recognized")]],
    "edit the public": [[(Act.PUBLISH, "recognized")]],
    "notices": ["notices", "offices_excel", "offices_import", [(Act.NOTIFY, "recognized")]],
    "write to all": ["messages", [(Act.WRITE, "submitted")]],
    "revoke": [[(Act.REVOKE, "recognized")]],
    "query ECHO": ["screening", [(Act.SCREEN, "compliance")]],
    "scores of all": [[(Act.SEE_SCORES, "recommended")]],
    "figures of": ["statistics", "progress", [(Act.SEE_STATISTICS, "recognized")]],
    "take up, give back": [[(Act.HANDLE, "completeness"), (Act.HANDLE, "compliance"), (Act.HANDLE, "recommended")]],
    "read and write internal notes": [[(Act.NOTE, "recommended")]],
    "save views": ["save_queue_view"],
    "move a cycle": ["cycle", [(Act.MOVE_CYCLE, "recognized")]],
    "report hours": [[(Act.REPORT_HOURS, "recognized"), (Act.LOG_HOURS, "recognized")]],
}
OF_NO_CYCLE = {"own_reviewer", "declare_all", "messages", "reviewer_list"}
APPLICANTS = ["viewer", "advisor", "contributor", "manager"]
NO = {"", "never"}
ON_PAPER = {"on paper", "what came on paper, with a reason"}


def table() -> dict[str, list[str]]:
    """The first cell of each row, without what follows its first words → the other cells."""
    text = (settings.BASE_DIR / "docs" / "rights.md").read_text(encoding="utf-8")
    lines = [line for line in text.partition("## An application")[2].splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {name: cells for name, *cells in rows}


def row_of(name: str) -> str:
    """The entry of ``ROWS`` with which the row begins, the longest of them."""
    found = [each for each in ROWS if name == each or name.startswith((f"{each} ", f"{each},"))]
    assert found, f"“{name}” is not tested"
    return max(found, key=len)


def test_every_right_is_in_the_table():
    named = {row_of(name) for name in table()}
    assert named == set(ROWS)
    acts = {act for items in ROWS.values() for item in items if not isinstance(item, str) for act, _ in item}
    assert acts == set(Act)


def expected(cells: list[str], role: str, *, on_paper: bool) -> bool:
    if role in APPLICANTS:
        cell = cells[0]
        return cell == "yes" or role in cell.split(", ")
    cell = cells[["staff", "compliance", "panelist", "official"].index(role) + 1]
    return cell not in NO and (on_paper or cell not in ON_PAPER)


@pytest.mark.parametrize("on_paper", [False, True], ids=["online", "on-paper"])
def test_each_role_may_what_the_table_says(at, request, as_, panelists, on_paper):
    application = at(Status.RECOGNIZED)
    soon = timezone.now() + timedelta(days=5)
    Application.objects.update(on_paper=on_paper, resubmit_by=soon)
    people = {role: request.getfixturevalue(role) for role in (*APPLICANTS, "staff", "compliance", "official")}
    people["panelist"] = panelists[0]  # who leads the panel, and has submitted

    def may(role: str, act: Act, stage: str) -> bool:
        Application.objects.update(status=stage)
        found = Application.objects.visible_to(people[role]).filter(pk=application.pk).select_related("cycle").first()
        return found is not None and Rights(people[role], found).may(act)

    def opens(role: str, name: str) -> bool:
        args: list[object] = [] if name in OF_NO_CYCLE else [application.cycle_id]
        if name == "save_queue_view":  # it has no page of its own
            places = [reverse(f"recognition:{name}", args=[queue]) for queue in ("all", "compliance", "decisions")]
            return any(as_(people[role]).post(place).status_code not in (403, 404) for place in places)
        if name == "records":  # of an application, while it can be changed
            Application.objects.update(status="returned")
            args = [application.pk, "attributes", "product-quality"]
        return as_(people[role]).get(reverse(f"recognition:{name}", args=args)).status_code == 200

    wrong = []
    for name, cells in table().items():
        for role in people:
            found = all(
                opens(role, item) if isinstance(item, str) else any(may(role, *each) for each in item)
                for item in ROWS[row_of(name)]
            )
            if found != expected(cells, role, on_paper=on_paper):
                wrong.append((name, role, found))
    assert not wrong
