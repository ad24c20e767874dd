"""A comment in a list of rows."""

from recognition.models import Remark


def test_a_comment_is_shown_by_its_beginning():
    assert str(Remark(text="a" * 60 + "b")) == "a" * 60
