"""Demo data: the gap analyses of data/demo.yaml and four people to sign in as."""

import os
import secrets
from pathlib import Path
from typing import Any

import yaml
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Identifier, Membership, Role, StaffGroup, User, Utility
from assessments.models import GapAnalysis
from initiatives.models import Initiative

DATA = Path(__file__).resolve().parents[2] / "data" / "demo.yaml"
PEOPLE = {
    "manager@example.org": ("Mara Gerr", Role.MANAGER),
    "contributor@example.org": ("Connie Boyd", Role.CONTRIBUTOR),
    "viewer@example.org": ("Vic Weir", Role.VIEWER),
}
ADMIN = "admin@example.org"


class Command(BaseCommand):
    help = "Loads the demo data, once, into a database without users. Needs HEADWORKS_DEMO, which `make demo` sets."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("HEADWORKS_DEMO") != "1":
            raise CommandError("Demo data is loaded by `make demo` only.")
        if User.objects.exists():
            self._greet_again()
            return
        password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
        people = {email: self._person(email, name, password) for email, (name, _) in PEOPLE.items()}
        admin = self._person(ADMIN, "Ada Minh", password, is_staff=True, is_superuser=True)
        admin.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
        for data in yaml.safe_load(DATA.read_text())["utilities"]:
            self._utility(data, people)
        self.stdout.write("Demo accounts: " + ", ".join([*PEOPLE, ADMIN]))
        self.stdout.write(f"Password of all four: {password}")

    def _greet_again(self) -> None:
        if User.objects.filter(email=ADMIN).exists():
            self.stdout.write("Demo accounts: " + ", ".join([*PEOPLE, ADMIN]) + " (password as printed the first time)")
        else:
            self.stdout.write("This database has users of its own: no demo data.")

    def _person(self, email: str, name: str, password: str, **more: Any) -> User:
        user = User.objects.create_user(email, password, name=name, **more)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user

    def _utility(self, data: dict[str, Any], people: dict[str, User]) -> None:
        utility = Utility.objects.create(
            name=data["name"], city=data["city"], state=data["state"], systems=data["systems"]
        )
        Identifier.objects.bulk_create(Identifier(utility=utility, **one) for one in data.get("identifiers", []))
        for email, (_, role) in PEOPLE.items():
            Membership.objects.create(user=people[email], utility=utility, role=role)
        manager = people["manager@example.org"]
        utility.management_representative = manager
        utility.save(update_fields=["management_representative"])
        for analysis in data["analyses"]:
            self._analysis(analysis, utility, manager)

    def _analysis(self, data: dict[str, Any], utility: Utility, by: User) -> None:
        started = GapAnalysis.start(
            by=by,
            utility=utility,
            initiatives=list(Initiative.objects.filter(slug__in=data["initiatives"])),
            name=data["name"],
            as_of=data["as_of"],
            areas=data["areas"],
            operations=data["fence_line_operations"],
            fence_line=data["fence_line"].strip(),
        )
        analysis = GapAnalysis.objects.visible_to(by).get(pk=started.pk)
        findings = {finding.element.slug: finding for finding in analysis.findings.select_related("element")}
        for slug, told in data["findings"].items():
            finding = findings[slug]
            finding.my_role = analysis.my_role
            links = told.pop("links", [])
            words = {name: told[name].strip() for name in ("evidence", "changes", "notes") if told.get(name)}
            finding.answer(
                finding.version,
                by=by,
                rating=told["rating"],
                areas=told["areas"],
                initiatives=told["initiatives"],
                **words,
            )
            for link in links:
                finding.evidence_items.create(added_by=by, **link)
        if data["status"] == "complete":
            analysis.complete(by=by)
