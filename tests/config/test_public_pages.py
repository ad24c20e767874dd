"""What the pages of the guide and of the catalog have in common."""

import pytest

from initiatives.models import Initiative
from pdca.models import Element

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/pdca/no-such-element/", "/pdca/opportunities/none/", "/initiatives/six-sigma/"])
def test_what_is_not_there_is_not_found(client, catalog, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("model", "slug", "text", "addresses"),
    [
        (Element, "vision", "purpose", ["/pdca/", "/pdca/vision/"]),
        (Initiative, "cmom", "key_feature", ["/initiatives/", "/initiatives/cmom/"]),
    ],
)
def test_words_of_administrators_are_shown_as_text(client, catalog, model, slug, text, addresses):
    model.objects.filter(slug=slug).update(**{"name": "<b>Name</b>", text: "<script>alert(1)</script>"})

    for address in addresses:
        page = client.get(address)
        assert "<script>alert" not in page.text
        assert "&lt;b&gt;Name" in page.text
