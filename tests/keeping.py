"""How a test keeps the catalog: an administrator, and a form as a browser sends it back."""

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.test import Client
from django.urls import reverse

from accounts.models import StaffGroup, User
from tests.factories import UserFactory


def make_administrator(email: str = "ada@example.org") -> User:
    user = UserFactory(is_staff=True, name="Ada Minton", email=email)
    user.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    return user


def address(row: models.Model | type[models.Model], page: str, *args: Any) -> str:
    own = [row.pk] if isinstance(row, models.Model) else []
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[*own, *args])


class _Fields(HTMLParser):
    """What a browser would send of the page's main form: name → values."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside = form, False
        self.name = self.text = self.select = ""
        self.found: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self.inside = said.get("id") == self.form
        name = said.get("name") or ""
        if not self.inside:
            return
        if tag == "textarea":
            self.name, self.text = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in said:
            self.add(self.select, said.get("value"))
        elif tag == "input" and name and said.get("type") != "submit":
            if said.get("type") not in ("checkbox", "radio"):
                self.add(name, said.get("value"))
            elif "checked" in said:
                self.add(name, said.get("value", "on"))

    def handle_data(self, data: str) -> None:
        if self.name:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.name:
            self.add(self.name, self.text.removeprefix("\n").replace("\n", "\r\n"))
            self.name = ""
        if tag == "form":
            self.inside = False

    def add(self, name: str, value: str | None) -> None:
        self.found.setdefault(name, []).append(value or "")


def typed(browser: Client, page: str, form: str) -> dict[str, Any]:
    """The fields of the form with this id, as the page has them."""
    answer = browser.get(page)
    assert answer.status_code == 200, answer
    fields = _Fields(form)
    fields.feed(answer.text)
    assert fields.found, f"no form {form} on {page}"
    return fields.found


def save(browser: Client, entry: models.Model, button: str = "_draft", **changes: Any) -> Any:
    """Opens the entry's form, types ``changes`` and presses the button."""
    page = address(entry, "change")
    sent = typed(browser, page, f"{entry._meta.model_name}_form") | {button: "on"} | changes
    return browser.post(page, sent)
