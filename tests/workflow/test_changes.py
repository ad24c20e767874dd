"""What changed in a text, in pieces."""

import pytest

from workflow.changes import pieces

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("", "Signed in May.", [("added", "Signed in May.")]),
        ("Signed in May.", "", [("removed", "Signed in May.")]),
        ("Signed in May.", "Signed in June.", [("same", "Signed in"), ("removed", " May."), ("added", " June.")]),
        ("a\nb", "a\nb\nc", [("same", "a\nb"), ("added", "\nc")]),
        ("a", "a ", [("same", "a"), ("added", " ")]),
        (" ", "\n", [("removed", " "), ("added", "\n")]),
        (f"x {LONG}", f"y {LONG}", [("removed", "x"), ("added", "y"), ("same", f" {' '.join(LONG.split()[:6])} …")]),
        (LONG, f"{LONG} end", [("same", f" … {' '.join(LONG.split()[-6:])}"), ("added", " end")]),
        (
            f"x {LONG} x",
            f"y {LONG} y",
            [
                ("removed", "x"),
                ("added", "y"),
                ("same", " one two three four five six … eleven twelve thirteen fourteen fifteen sixteen"),
                ("removed", " x"),
                ("added", " y"),
            ],
        ),
    ],
)
def test_pieces(before, after, found):
    assert pieces(before, after) == found


def test_nothing_that_changed_is_left_out():
    before, after = f"{LONG} {LONG}", LONG.replace("seven", "7").replace("sixteen", "")
    found = pieces(before, after)
    assert "".join(words for kind, words in found if kind == "added").split() == ["7"]
    assert "seven" in "".join(words for kind, words in found if kind == "removed")
