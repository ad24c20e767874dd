"""How rooms add to shared pages without being known there: slots, what waits, links at the top."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.urls import resolve
from django.utils.safestring import mark_safe

from workflow import navigation, slots, waiting
from workflow.navigation import Place
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


MEMBERS = ["Home", "Our system", "Gap analyses", "Recognition", "Guide"]
VISITORS = ["Recognized utilities", "Initiatives", "Guide"]


def links(rf, user, path: str, place: Place = Place.BAR) -> list[tuple[str, bool]]:
    request = rf.get(path)
    request.user, request.resolver_match = user, resolve(path)
    return [(link.label, is_current) for link, is_current in navigation.links_for(request, place)]


@pytest.mark.parametrize(
    ("path", "current", "for_visitors"),
    [
        ("/", "Home", None),
        ("/system/", "Our system", None),
        ("/gap-analyses/", "Gap analyses", None),
        ("/recognition/", "Recognition", None),
        ("/recognition/cycles/", "Recognition", None),
        ("/recognition/register/", "Recognition", "Recognized utilities"),
        ("/recognition/register/7/", "Recognition", "Recognized utilities"),
        ("/recognition/verify/", "Recognition", None),
        ("/initiatives/cmom/", "Guide", "Initiatives"),
        ("/pdca/glossary/", "Guide", "Guide"),
        ("/reports/", None, None),
        ("/utilities/search/", None, None),
        ("/help/", None, None),
        ("/account/login/", None, None),
    ],
)
def test_the_bar_has_five_places_and_marks_one(rf, manager, path, current, for_visitors):
    assert links(rf, manager, path) == [(label, label == current) for label in MEMBERS]
    assert links(rf, AnonymousUser(), path) == [(label, label == for_visitors) for label in VISITORS]


@pytest.mark.parametrize(("path", "current"), [("/reports/", "Reports"), ("/account/", "My account"), ("/", None)])
def test_the_menu_of_the_person_has_the_rest(rf, manager, path, current):
    menu = ["My account", "My utilities", "Reports"]
    assert links(rf, manager, path, Place.MENU) == [(label, label == current) for label in menu]


def test_at_an_unknown_address_nothing_is_marked(rf):
    request = rf.get("/nowhere/")
    request.user, request.resolver_match = AnonymousUser(), None
    assert [(link.label, is_current) for link, is_current in navigation.links_for(request)] == [
        (label, False) for label in VISITORS
    ]


# Every page that the bar led to before it had five places, and the page of a place that leads to it.
@pytest.mark.parametrize(
    ("place", "leads_to"),
    [
        ("/pdca/", "/initiatives/"),
        ("/pdca/", "/initiatives/compare/"),
        ("/pdca/", "/initiatives/cases/"),
        ("/pdca/", "/pdca/map/"),
        ("/pdca/", "/pdca/glossary/"),
        ("/recognition/", "/recognition/register/"),
        ("/recognition/", "/recognition/criteria/"),
        ("/", "/reports/"),
        ("/", "/utilities/"),
        ("/", "/account/"),
    ],
)
def test_every_place_is_one_step_away(catalog, manager, as_, place, leads_to):
    assert f'href="{leads_to}"' in as_(manager).get(place).text
