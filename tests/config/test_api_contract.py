"""The API keeps what its description says, whatever is sent: each answer has a status and a shape that it names.

``make soak`` runs this with many more examples.
"""

import json
import os
from collections.abc import Iterator
from functools import cache

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks

from accounts.models import ApiToken
from config.api import api
from ims.models import Action

EXAMPLES = int(os.environ.get("API_EXAMPLES", "6"))
PROBLEM = "application/problem+json"
DESCRIBED = json.loads(json.dumps(api.get_openapi_schema()))
load_all_checks()
# Not: that everything the description allows is accepted, since a form knows more rules than a description tells; that
# what is missing or has another type is refused in one way; that without a token nothing is told, since this sends one.
LEFT_OUT = {"positive_data_acceptance", "missing_required_header", "unsupported_method", "ignored_auth"}

site = cache(get_wsgi_application)  # not while tests are collected: their static files are not ready then
schema = schemathesis.openapi.from_dict(DESCRIBED)
schema.app = lambda environ, respond: site()(environ, respond)


@pytest.fixture
def secret(analysis, manager, monkeypatch) -> Iterator[str]:
    """A token of a manager who has a gap analysis and an action; without its limit."""
    monkeypatch.setattr("accounts.limits.PER_TOKEN", "1000000/m")
    Action.open_in(analysis.utility, by=manager, title="Clean the sewers")
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:  # the test's connection stays
        signal.disconnect(close_old_connections)
    yield ApiToken.objects.make(manager, name="Contract", scope="change", days=30)[1]
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.mark.django_db
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES < 10,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_described(case, secret):
    answer = case.call(headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code < 500
    case.validate_response(answer, excluded_checks=[CHECKS.get_one(name) for name in LEFT_OUT])


def test_every_operation_names_its_answers_and_the_shape_of_each():
    for path, methods in DESCRIBED["paths"].items():
        for method, operation in methods.items():
            where, answers = f"{method} {path}", operation["responses"]
            assert {"400"} < set(answers), where
            if "security" in operation:
                assert {"401", "403", "404", "429"} < set(answers), where
            if "requestBody" in operation:
                assert {"413", "422"} < set(answers), where
            for status, answer in answers.items():
                content = answer.get("content", {})
                assert bool(content) == (status != "304"), (where, status)
                if int(status) >= 400:
                    assert list(content) == [PROBLEM], (where, status)
