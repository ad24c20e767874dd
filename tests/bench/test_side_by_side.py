"""Two scales are measured page by page in turn. The processes here only say what they were asked."""

import json
import sys

import pytest

from bench import side_by_side

PROCESS = """#!{python}
import json, sys

scale = int(sys.argv[sys.argv.index("--scale") + 1])
print(json.dumps({{"scale": scale, "options": sys.argv[1:], "pages": [], "n_pages": 2}}), flush=True)
for n, _ in enumerate(sys.stdin):
    if n == {pages}:
        break
    with open({log!r}, "a") as log:
        log.write(f"{{scale}} ")
    print(json.dumps({{"name": f"page {{n}}", "web": 10 * scale, "bare": float(scale)}}), flush=True)
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """``asked(pages)`` starts processes that end after so many pages. Returns the file that says who was asked when."""

    def instead(pages: int):
        program, log = tmp_path / "program", tmp_path / "log"
        program.write_text(PROCESS.format(python=sys.executable, pages=pages, log=str(log)))
        program.chmod(0o755)
        monkeypatch.setattr(side_by_side.sys, "executable", str(program))
        return log

    return instead


def test_the_pages_are_measured_in_turn_beside_one_bare_view(asked):
    log = asked(pages=2)
    first, second = side_by_side.measure((1, 3), ["--quick"])
    assert log.read_text().split() == ["1", "3", "1", "3"]
    assert first["options"] == ["-m", "bench", "--scale", "1", "--in-turn", "--quick"]
    assert [(page["name"], page["web"], page["bare"]) for page in first["pages"]] == [
        ("page 0", 10, 2.0),
        ("page 1", 10, 2.0),
    ]
    assert [(page["web"], page["bare"]) for page in second["pages"]] == [(30, 2.0), (30, 2.0)]
    json.dumps([first, second])


def test_one_that_ends_early_is_said(asked):
    asked(pages=1)
    with pytest.raises(RuntimeError, match="at scale 1 ended early"):
        side_by_side.measure((1, 3), [])
