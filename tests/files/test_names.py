"""Names of files in a ZIP: valid on Windows, no longer than allowed, none twice."""

import pytest

from files.names import plain, untaken


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("CA-2026-014 Proof.pdf", "CA-2026-014 Proof.pdf"),
        ('a<b>c:d"e/f\\g|h?i*j.pdf', "a-b-c-d-e-f-g-h-i-j.pdf"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("Line\nbreak\x00\x7f.txt", "Line-break-.txt"),
        (" spaced. ", "spaced"),
        ("...", "document"),
        ("", "document"),
        ("con", "_con"),
        ("Aux.txt", "_Aux.txt"),
        ("lpt1.pdf", "_lpt1.pdf"),
        ("Console.txt", "Console.txt"),
        ("Größe 水.pdf", "Größe 水.pdf"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
        ("x" * 116 + ".pdfx", "x" * 115 + ".pdfx"),
        ("Version 1. The long story of how it came about", "Version 1. The long story of how it came about"),
    ],
)
def test_a_plain_name(typed, name):
    assert plain(typed) == name
    assert len(name) <= 120


def test_what_is_too_long_keeps_its_ending_and_no_space_at_the_cut():
    assert plain("abc def.pdf", 8) == "abc.pdf"


def test_a_name_that_is_taken_gets_a_number_within_the_length():
    taken: set[str] = set()
    assert [untaken(name, taken, 10) for name in ("proof.pdf", "Proof.PDF", "proof.pdf", "proof.pdf")] == [
        "proof.pdf",
        "Pr (2).PDF",
        "pr (3).pdf",
        "pr (4).pdf",
    ]
