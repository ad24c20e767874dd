"""The register of measures: what its form and its list have."""

from collections.abc import Mapping
from typing import Any

import django_tables2 as tables
from django.utils.html import format_html

from ims.check.charts import sparkline
from ims.check.measures import SHARED, Measure
from ims.check.readings import Standing, latest
from ims.examples import from_file
from ims.registers import InManual, Merging, Move, Register, register


class LastColumn(tables.Column):
    """The last value with its unit, its period and a small chart. Files get the number."""

    def render(self, record: Any) -> str:
        standing = Standing.of(record)
        if standing.last is None:
            return "no reading yet"
        return format_html(
            '<span class="last">{} <span><b>{}</b> {}<small>{}</small></span></span>',
            sparkline(standing),
            standing.last.shown,
            record.unit,
            standing.last.short,
        )

    def value(self, record: Any) -> Any:
        last = Standing.of(record).last
        return last.value if last else ""


class TrendColumn(tables.Column):
    """Whether the last values got better; the page says the rule."""

    TONES = {"better": "tag--good", "worse": "tag--bad"}

    def render(self, record: Any) -> str:
        trend = Standing.of(record).trend
        if trend is None:
            return ""
        return format_html('<span class="tag {}">{}</span>', self.TONES.get(trend, ""), trend.label.lower())

    def value(self, record: Any) -> str:
        trend = Standing.of(record).trend
        return str(trend.label) if trend else ""


class TargetColumn(tables.Column):
    """What is wanted, and whether the last value meets it."""

    def render(self, record: Any) -> str:
        standing = Standing.of(record)
        if standing.met is None:
            return standing.goal_words
        met = ("good", "met") if standing.met else ("bad", "not met")
        return format_html('{} <span class="tag tag--{}">{}</span>', standing.goal_words, *met)

    def value(self, record: Any) -> str:
        return Standing.of(record).goal_words


def columns() -> Mapping[str, Any]:
    options = {"accessor": "latest", "orderable": False}
    return {
        "every": tables.Column("How often"),
        "last": LastColumn("Last value", **options),
        "trend": TrendColumn("Trend", **options),
        "goal": TargetColumn("Target", **options),
    }


register(
    Register(
        model=Measure,
        name="Measures",
        one="measure",
        about="What you measure, how often, and the value you want.",
        element="measuring-and-monitoring",
        component="check",
        shared=SHARED,
        fields=Measure.OWN,
        columns=(),
        computed=columns,
        listed=lambda rows: rows.prefetch_related(latest()),
        examples=lambda: from_file("measures"),
        in_manual=InManual(("unit", "every", "direction", "target", "lower", "upper", "objective")),
        moves=(
            Move("retire", "Retire", frozenset({Measure.Status.IN_USE}), Measure.Status.RETIRED, needs_why=True),
            Move("restore", "Put back in use", frozenset({Measure.Status.RETIRED}), Measure.Status.IN_USE),
        ),
        aside=frozenset({Measure.Status.RETIRED}),
        merges=Merging("retire"),
        living=lambda measure: "" if measure.is_open else "It is retired.",
    )
)
