"""What changed between two editions of the system manual, from their plain content."""

import pytest

from ims.system.manual_changes import changes
from ims.system.manual_shown import without


def record(number, title="A title", areas="E", owner="Dana", text="", **facts):
    pairs = [[label, words] for label, words in facts.items()]
    return {"number": number, "title": title, "areas": list(areas), "owner": owner, "text": text, "facts": pairs}


def content(policies=(), vision=(), *, words="", notes=(), lacking=None, closed=(), facts=(), functions=()):
    """A manual of two elements; each has one register."""

    def element(slug, name, records, words="", notes=()):
        parts = [{"register": "statements", "name": "Statements", "records": list(records)}] if records else []
        named = {"slug": slug, "name": name, "component": "plan", "purpose": "Why."}
        return named | {"words": words, "notes": list(notes), "parts": parts}

    return {
        "facts": [list(pair) for pair in facts],
        "functions": [list(pair) for pair in functions],
        "closed": list(closed),
        "lacking": lacking or {},
        "elements": [
            element("vision", "Vision", vision),
            element("policy-statements", "Policy statements", policies, words, notes),
        ],
    }


def changed_rows(before, after):
    return [(each.word, each.place, each.number, each.title, each.why) for each in changes(before, after)]


def differences(before, after):
    [changed] = changes(before, after)
    return [(each.label, each.before, each.after) for each in changed.differences]


def test_the_same_content_did_not_change():
    assert changes(content([record("POL-1")]), content([record("POL-1")])) == []


def test_a_record_is_new():
    assert changed_rows(content(), content([record("POL-1", "Safety")])) == [
        ("New", "Policy statements", "POL-1", "Safety", "")
    ]


@pytest.mark.parametrize(
    ("lacking", "why"),
    [
        ({"POL-1": "Replaced. It is not in force."}, "Replaced. It is not in force."),
        ({"POL-1": "Lapsed. Its review was due."}, "Lapsed. Its review was due."),
        ({"POL-2": "Withdrawn."}, "It was deleted, or its register was closed to some people."),
    ],
)
def test_a_record_is_gone_and_why(lacking, why):
    found = changed_rows(content([record("POL-1", "Safety")]), content(lacking=lacking))
    assert found == [("Gone", "Policy statements", "POL-1", "Safety", why)]


def test_what_differs_in_a_record():
    before = record("POL-1", "Safety", "E", "Dana", Edition="1", Due="May 1")
    after = record("POL-1", "Safety first", "ES", "Luis", Edition="2", Signed="Mara")
    assert differences(content([before]), content([after])) == [
        ("Title", "Safety", "Safety first"),
        ("Areas", "E", "E S"),
        ("Owner", "Dana", "Luis"),
        ("Edition", "1", "2"),
        ("Signed", "", "Mara"),
        ("Due", "May 1", ""),
    ]


def test_a_text_tells_the_words_that_changed():
    before, after = (content([record("POL-1", text=text)]) for text in ("We comply today.", "We comply always."))
    [changed] = changes(before, after)
    [difference] = changed.differences
    assert difference.label == "Text"
    assert difference.pieces == [("same", "We comply"), ("removed", " today."), ("added", " always.")]


def test_a_record_that_moves_to_another_element_is_one_change():
    before, after = content(policies=[record("POL-1")]), content(vision=[record("POL-1")])
    assert changed_rows(before, after) == [("Changed", "Vision", "POL-1", "A title", "")]
    assert differences(before, after) == [("Element", "Policy statements", "Vision")]


def test_own_words_and_notes():
    [words] = changes(content(words="We sign."), content(words="The board signs."))
    assert (words.number, words.place, words.title) == ("", "Policy statements", "In our own words")
    assert ("added", "The board signs.") in words.differences[0].pieces
    assert changed_rows(content(notes=["8 of 10."]), content(notes=["9 of 10."])) == [
        ("Changed", "Policy statements", "", "What else is said", "")
    ]


def test_the_introduction():
    before = content(facts=[("Fence line", "Both plants")], functions=[("Safety", "Dana"), ("Finance", "Connie")])
    after = content(facts=[("Fence line", "All")], functions=[("Safety", "Luis"), ("Finance", "Connie")], closed=["A"])
    found = changes(before, after)
    assert [(each.place, each.title) for each in found] == [
        ("Introduction", "The system"),
        ("Introduction", "Who represents each function"),
        ("Introduction", "Closed registers"),
    ]
    assert [(one.label, one.before, one.after) for each in found for one in each.differences] == [
        ("Fence line", "Both plants", "All"),
        ("Safety", "Dana", "Luis"),
        ("Registers left out", "", "A"),
    ]


def test_the_wording_of_the_guide_is_no_change():
    before, after = content(), content()
    after["elements"][0]["purpose"] = "Said otherwise."
    assert changes(before, after) == []


def test_the_order_is_that_of_the_manual_and_what_is_gone_comes_last():
    before = content([record("POL-1"), record("POL-2")], [record("VIS-1")])
    after = content([record("POL-2", "Other"), record("POL-3")], [record("VIS-1"), record("VIS-2")])
    assert [(word, number) for word, _, number, _, _ in changed_rows(before, after)] == [
        ("New", "VIS-2"),
        ("Changed", "POL-2"),
        ("New", "POL-3"),
        ("Gone", "POL-1"),
    ]


def test_records_of_closed_registers_are_taken_out_of_a_content():
    kept = content([record("POL-1", "A secret")])
    assert "A secret" not in str(without(kept, {"statements"}))
    assert "A secret" in str(without(kept, {"contacts"}))
    assert "A secret" in str(kept), "the content itself stays as it is"
