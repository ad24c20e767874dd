"""How rooms add to shared pages without being known there: slots, what waits, links at the top."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.urls import resolve
from django.utils.safestring import mark_safe

from workflow import navigation, slots, waiting
from workflow.waiting import Waiting


def shown(text: str, **context) -> str:
    return Template(text).render(Context(context))


def test_an_empty_slot_shows_nothing():
    assert shown('[{% slot "nobody.fills.this" %}]') == "[]"


def test_a_slot_shows_what_every_room_puts_there(monkeypatch):
    monkeypatch.setattr(slots, "_fillers", {})
    slots.fills("x")(lambda name: mark_safe(f"<b>{name}</b>"))
    slots.fills("x")(lambda name: "<not safe>")
    assert shown('{% slot "x" name=who %}', who="Ann") == "<b>Ann</b>\n&lt;not safe&gt;"


def test_what_waits_comes_in_the_order_of_its_sources(monkeypatch):
    monkeypatch.setattr(waiting, "_sources", [])
    late, soon = Waiting("late", "", "", ""), Waiting("soon", "", "", "")
    waiting.source(order=2)(lambda user: [late])
    waiting.source(order=1)(lambda user: iter([soon]))
    assert waiting.waiting_for("anyone") == [soon, late]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "Home"),
        ("/system/", "Our system"),
        ("/gap-analyses/", "Gap analyses"),
        ("/recognition/", "Recognition"),
        ("/recognition/cycles/", "Recognition"),
        ("/recognition/register/", "Recognized utilities"),
        ("/recognition/register/7/", "Recognized utilities"),
        ("/recognition/verify/", "Recognition"),
        ("/reports/", "Reports"),
        ("/utilities/search/", "Utilities"),
        ("/initiatives/cmom/", "Initiatives"),
        ("/pdca/glossary/", "PDCA guide"),
        ("/help/", None),
        ("/account/login/", None),
    ],
)
def test_one_link_is_the_current_one(rf, manager, path, current):
    request = rf.get(path)
    request.user, request.resolver_match = manager, resolve(path)
    links = list(navigation.links_for(request))
    assert [link.label for link, is_current in links if is_current] == ([current] if current else [])
    labels = [
        "Home",
        "Our system",
        "Gap analyses",
        "Recognition",
        "Reports",
        "Utilities",
        "Recognized utilities",
        "Initiatives",
        "PDCA guide",
    ]
    assert [link.label for link, _ in links] == labels


def test_who_is_not_signed_in_sees_what_is_public(rf):
    request = rf.get("/nowhere/")
    request.user, request.resolver_match = AnonymousUser(), None
    assert [link.label for link, _ in navigation.links_for(request)] == [
        "Recognized utilities",
        "Initiatives",
        "PDCA guide",
    ]
