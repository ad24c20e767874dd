"""The shapes of what an entry says: what each accepts, and how a person types it and gets it back."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from pdca.differences import in_words, marked
from pdca.models import Element, Term, Topic
from workflow.shapes.forms import (
    GridField,
    KeyedRecordsField,
    LinesField,
    ListingField,
    PassageField,
    ReasonsField,
    RecordsField,
)
from workflow.shapes.values import NOTE, SOURCE, TEXT, Grid, Key, Lines, Listing, Passage, Reasons, Records

NUMBER, LINES = Key("year", "Year", "number"), Key("how", "How", "lines", required=False)
CHOICE = Key("state", "State", "choice", choices=(("on", "On"), ("off", "Off")))
KEYS = (TEXT, SOURCE, NOTE, LINES)
WHOLE = {"text": "t", "source": "s"}
GOOD = [
    (Lines(), [], ["a", "b"]),
    (Passage(), {}, WHOLE, WHOLE | {"note": "n"}),
    (Listing(), {}, {"items": ["a"], "source": "s"}),
    (Records(TEXT, SOURCE, NOTE), [], [WHOLE], [WHOLE | {"note": "n"}]),
    (Records(NUMBER), [{"year": 2002}]),
    (Records(LINES), [{}], [{"how": ["a"]}]),
    (Records(CHOICE), [{"state": "on"}]),
    (Reasons(), {}, {"field": "why"}),
    (Grid(), [], [["a", ""], ["", "b\nc"]]),
]
BAD = [
    (Lines(), None, "a", {}, [""], [1], [["a"]], ["a", None]),
    (Passage(), None, [], "t", {"text": "t"}, {"source": "s"}, WHOLE | {"text": " "}, WHOLE | {"x": "y"}),
    (Passage(), WHOLE | {"note": ""}, {"text": ["t"], "source": "s"}),
    (
        Listing(),
        None,
        [],
        {"items": [], "source": "s"},
        {"items": "a", "source": "s"},
        {"items": ["a"]},
        {"items": [""]},
    ),
    (Records(TEXT, SOURCE), None, {}, "a", ["a"], [{"text": "t"}], [WHOLE | {"x": "y"}], [{"text": 1, "source": "s"}]),
    (Records(NUMBER), [{"year": "2002"}], [{"year": True}], [{"year": 2002.5}], [{}]),
    (Records(LINES), [{"how": "a"}], [{"how": [""]}]),
    (Records(CHOICE), [{"state": "other"}], [{"state": ["on"]}], [{}]),
    (Lines(), ["a\nb"]),
    (Reasons(), None, [], {"field": ""}, {"field": 1}),
    (Grid(), None, {}, ["a"], [[1]], [["a"], ["a", "b"]]),
]


@pytest.mark.parametrize(("shape", "value"), [(shape, value) for shape, *values in GOOD for value in values])
def test_what_a_shape_accepts(shape, value):
    assert list(shape.faults(value)) == []
    assert shape.ordered(value) == value


@pytest.mark.parametrize(("shape", "value"), [(shape, value) for shape, *values in BAD for value in values])
def test_what_a_shape_refuses(shape, value):
    assert list(shape.faults(value))


def test_parts_stand_in_the_order_of_the_shape():
    assert list(Passage().ordered({"source": "s", "note": "n", "text": "t"})) == ["text", "source", "note"]
    assert list(Records(TEXT, SOURCE).ordered([{"source": "s", "text": "t"}])[0]) == ["text", "source"]


def test_the_search_reads_texts_and_no_sources():
    assert list(Records(TEXT, SOURCE, LINES).texts([WHOLE | {"how": ["a", "b"]}])) == ["t", "a", "b"]
    assert list(Passage().texts(WHOLE)) == ["t"]
    assert list(Passage().texts({})) == list(Reasons().texts({"a": "b"})) == []


def test_a_column_refuses_what_is_not_its_shape():
    with pytest.raises(ValidationError, match="Enter a list of lines"):
        Term(slug="a", term="A", text="t", source="s", also=["", "b"]).clean_fields()


def test_migrations_know_a_column_as_plain_json():
    _, path, _, arguments = Element._meta.get_field("examples").deconstruct()
    assert path == "django.db.models.JSONField"
    assert "shape" not in arguments


# Typed and back.

line = (
    st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="|¶"), min_size=1)
    .map(str.strip)
    .filter(bool)
)
cell = st.lists(line, max_size=2).map("\n".join)


def round_trip(field, value):
    """As the form shows it and the browser sends it back."""
    shown = field.prepare_value(value)
    if isinstance(field, PassageField):
        return field.clean(field.widget.decompress(value))
    return field.clean(shown.replace("\n", "\r\n") if isinstance(shown, str) else shown)


@given(st.lists(line))
def test_lines(value):
    assert round_trip(LinesField(required=False), value) == value


@given(st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(cell, min_size=width, max_size=width))))
def test_grids(value):
    assert round_trip(GridField(required=False), value) == value


@given(st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True), line))
def test_reasons(value):
    assert round_trip(ReasonsField(required=False), value) == value


@given(line, line, st.one_of(st.just(""), line))
def test_passages(text, source, note):
    value = {"text": text, "source": source} | ({"note": note} if note else {})
    assert round_trip(PassageField(required=False), value) == value


@given(st.lists(line, min_size=1), line)
def test_listings(items, source):
    assert round_trip(ListingField(required=False), {"items": items, "source": source}) == {
        "items": items,
        "source": source,
    }


@given(
    st.lists(
        st.builds(
            lambda text, source, how: {"text": text, "source": source} | how,
            line,
            line,
            st.one_of(st.just({}), st.lists(line, min_size=1).map(lambda how: {"how": how})),
        )
    )
)
def test_records(value):
    field = RecordsField(KEYS, required=False)
    context = field.widget.get_context("r", value, {})
    data = {cell["name"]: str(cell["value"]) for row in context["filled"] + context["blank"] for cell in row["cells"]}

    sent = field.widget.value_from_datadict(data | {"r-n": str(context["n"])}, {}, "r")

    assert field.clean(sent) == value


@pytest.mark.parametrize("typed", [["t", "", ""], ["", "s", ""], ["", "", "n"]])
def test_a_text_without_its_source_is_refused(typed):
    with pytest.raises(ValidationError, match="Enter both the text and its source"):
        PassageField(required=False).clean(typed)


def test_a_reason_without_words_is_refused():
    with pytest.raises(ValidationError, match="a field, a colon and a reason"):
        ReasonsField(required=False).clean("goals")


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"year": "soon"}, "Record 1: “Year” must be a number"), ({"note": "n"}, "Record 1 is missing: year")],
)
def test_a_record_says_what_it_lacks(typed, said):
    with pytest.raises(ValidationError, match=said):
        RecordsField((NUMBER, NOTE), required=False).clean([typed])


@pytest.mark.parametrize("n", ["x", "-1", "99999999", ""])
def test_a_made_up_number_of_records_reads_few(n):
    assert len(RecordsField(KEYS).widget.value_from_datadict({"r-n": n}, {}, "r")) <= 500


def test_keyed_records_come_in_the_order_of_their_rows():
    keys = (Key("element", "Element", "line"), TEXT, SOURCE)
    field = KeyedRecordsField(keys, "element", [("vision", "Vision"), ("auditing", "Auditing")], required=False)
    data = {"a-auditing-text": "t", "a-auditing-source": "s", "a-vision-text": "u", "a-vision-source": "v"}

    found = field.clean(field.widget.value_from_datadict(data, {}, "a"))

    assert found == [
        {"element": "vision", "text": "u", "source": "v"},
        {"element": "auditing", "text": "t", "source": "s"},
    ]


def test_every_column_has_its_field():
    for column in Element._meta.concrete_fields:
        if hasattr(column, "shape"):
            assert column.formfield().label


# In words.


def test_values_in_words():
    field = Topic._meta.get_field("steps")
    value = [{"text": "Ask", "initiatives": ["cmom", "iso-14001"]}, {"text": "Join"}]
    assert in_words(field, value).splitlines() == [
        "1.", "What to do: Ask", "Initiatives (slugs):", "– cmom", "– iso-14001", "2.", "What to do: Join",
    ]  # fmt: skip
    assert in_words(Element._meta.get_field("strategic_alignment"), True) == "Yes"
    assert in_words(Element._meta.get_field("level"), "core") == "Core element"


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("one two three", "one 2 three", "one <del>two</del><ins>2</ins> three"),
        ("same", "same", "same"),
        ("", "new", "<ins>new</ins>"),
        ("old", "", "<del>old</del>"),
        ("<b>", "<i>", "<del>&lt;b&gt;</del>\n<ins>&lt;i&gt;</ins>"),
        ("1, strongest", "3, weakest", "<del>1, strongest</del>\n<ins>3, weakest</ins>"),
        ("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nd\ne\nf\nG", "…\ne\nf\n<del>g</del>\n<ins>G</ins>"),
    ],
)
def test_a_difference_shows_what_went_and_what_came(before, after, shown):
    assert marked(before, after) == shown
