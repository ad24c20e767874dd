"""The list of what is wrong with a form stands above it once: ``form|crispy`` brings its own."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

TEMPLATES = sorted(path for path in Path(settings.BASE_DIR, "templates").rglob("*.html") if "uswds" not in path.parts)
SUMMARY = re.compile(r'{% include "uswds/errors.html"(?: with form=([\w.]+))? %}')


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_adds_a_second_list(path):
    for part in path.read_text().split("</form>"):
        for found in SUMMARY.finditer(part):
            assert f"{{{{ {found[1] or 'form'}|crispy }}}}" not in part


@pytest.mark.django_db
def test_a_form_has_one_list(utility, manager, as_, catalog):
    page = as_(manager).post(reverse("ims:new", args=[utility.pk, "actions"]), {"title": ""})
    assert page.status_code == 422
    assert page.text.count('id="form-errors"') == 1
