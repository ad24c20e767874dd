"""What the benchmark says of a page: too much for its limit, or more than before. Nothing is measured here."""

import pytest

from bench.cost import Cost
from bench.tables import pages
from bench.throughput import read


def cost(**changed) -> dict:
    figures = {"name": "a page", "by": "staff", "web": 8.0, "database": 2.0, "queries": 9, "bytes": 500, "bare": 1.0}
    return figures | {"most": None} | changed


def result(*costs, scale=1) -> dict:
    return {"scale": scale, "requests": 11, "pages": list(costs)}


def line_of(found, earlier=None, name="a page") -> str:
    return next(line for line in pages(found, earlier) if line.startswith(f"{name}  "))


def test_a_line_has_ratio_limit_cpu_queries_and_bytes():
    assert line_of(result(cost(most=10))).split() == ["a", "page", "10.0", "10", "8.0", "2.0", "9", "500"]


@pytest.mark.parametrize(("most", "said"), [(10, False), (9.9, True), (None, False)])
def test_a_page_above_its_limit_is_marked(most, said):
    assert ("TOO MUCH" in line_of(result(cost(most=most)))) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, False),
        ({"web": 11.0}, False),  # 13 of 10 ms
        ({"web": 11.1}, True),
        ({"web": 1.0, "database": 12.1}, True),
        ({"queries": 10}, True),
        ({"queries": 8}, True),
        ({"web": 16.0, "database": 4.0, "bare": 2.0}, False),  # the machine was half as fast, for the bare view too
    ],
)
def test_what_grew_is_marked(changed, said):
    assert ("GREW" in line_of(result(cost(**changed), scale=100), result(cost()))) == said


def test_the_end_says_the_median_and_how_many_grew():
    other = cost(name="another", web=18.0)
    found = result(cost(), other | {"web": 38.0}, cost(name="new"), scale=100)
    assert [*pages(found, result(cost(), other))][-1].startswith("median 1.50 times; 1 of 2 GREW")


def test_a_page_that_is_not_in_the_earlier_result_is_compared_with_nothing():
    assert "GREW" not in line_of(result(cost(name="new", queries=40)), result(cost()), name="new")


def test_an_earlier_result_is_read_as_it_was_kept():
    assert Cost(**cost()).times(Cost(**cost(bare=2.0))) == 2


def test_what_visitors_got_is_summed_up():
    def page(name, times, failed):
        n = sum(times.values())
        size = {"total_content_length": 100 * n}
        return {"name": name, "num_requests": n, "num_failures": failed, "response_times": times} | size

    asked = read([page("quick", {"10": 90}, 1), page("slow", {"300": 6, "400": 4}, 0)], seconds=50)
    assert (asked.requests, asked.failed, asked.per_second, asked.size) == (100, 1, 2.0, 100)
    assert (asked.median, asked.p95) == (10, 300)
