"""A person's program that uses the API with a token."""

import json

from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken
from assessments.models import Evidence, Finding, GapAnalysis, GapAnalysisEvent

PROBLEM = "application/problem+json"


def make(user, scope="change") -> str:
    return ApiToken.objects.make(user, name=f"Program {timezone.now()}", scope=scope, days=90)[1]


class Program:
    """What a person's program sends with a token. ``secret`` may be replaced by anything else."""

    def __init__(self, secret: str = "", **headers: str) -> None:
        self.headers = ({"Authorization": f"Bearer {secret}"} if secret else {}) | headers
        self.client = Client(enforce_csrf_checks=True)

    def __call__(self, method: str, path: str, sent=None, **asked):
        body = {} if sent is None else {"data": json.dumps(sent), "content_type": "application/json"}
        query = {"query_params": asked} if asked else {}
        return getattr(self.client, method.lower())(f"/api/v1/{path}", headers=self.headers, **body, **query)


def is_problem(answer, status: int) -> dict:
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), answer.content
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def everything() -> list:
    models = [GapAnalysis, GapAnalysisEvent, Finding, Evidence, GapAnalysis.initiatives.through]
    return [list(model.objects.order_by("pk").values()) for model in models]
