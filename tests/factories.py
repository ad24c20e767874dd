"""What a test needs, made with sensible defaults."""

from datetime import date

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Membership, Role, System, User, Utility
from assessments.models import GapAnalysis

PASSWORD = "sixteen-rivers-run"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs.setdefault("password", PASSWORD)
        return model_class.objects.create_user(*args, **kwargs)


class UtilityFactory(DjangoModelFactory[Utility]):
    class Meta:
        model = Utility

    name = factory.Sequence(lambda n: f"Riverbend Water and Sewer {n}")
    city = "Riverbend"
    state = "OR"
    systems = [System.DRINKING_WATER, System.WASTEWATER]
    confirmed_at = factory.LazyFunction(timezone.now)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    utility = factory.SubFactory(UtilityFactory)
    role = Role.MANAGER


class GapAnalysisFactory(DjangoModelFactory[GapAnalysis]):
    """Under way, with its 18 rows, none of them answered; ``by`` and ``initiatives`` as for ``GapAnalysis.start``."""

    class Meta:
        model = GapAnalysis

    utility = factory.SubFactory(UtilityFactory)
    name = factory.Sequence(lambda n: f"Integrated management system {n}")
    as_of = date(2026, 6, 30)
    areas = ["E", "S", "Q", "F", "H"]

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs.setdefault("by", None)
        return model_class.start(**kwargs)
