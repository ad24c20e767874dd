"""What the recognition program adds to the public page of a utility."""

import pytest
from django.core.cache import cache
from django.test import Client

from ims.system.public import PublicPage
from recognition.models import Application, Recognition

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("chosen", [True, False])
def test_a_utility_shows_that_it_is_recognized_while_it_is(chosen, at, utility, staff):
    cache.clear()
    at(Application.Status.RECOGNIZED)
    found = Recognition.objects.get()
    page = PublicPage(utility=utility, slug="river", status="published", intro="Welcome.", recognition=chosen)
    page.published = page.choices
    page.save()
    words = f"Recognized as a well managed utility until {found.until:%B %-d, %Y}"
    assert (words in Client().get("/public/river/").text) is chosen
    found.revoke(by=staff, why="A secret reason.")
    shown = Client().get("/public/river/").text
    assert "Recognized as" not in shown
    assert "secret" not in shown
