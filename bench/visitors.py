"""Visitors who ask for pages at once: a file for locust, which runs it in a process of its own.

``HEADWORKS_VISITORS`` names a JSON file: ``roles``, each with a ``share``, the ``cookie`` of one who is signed in, and
``pages`` (name → path), and ``size``, the bytes of the bare view.
"""

import json
import os
import random
from pathlib import Path

from locust import FastHttpUser, constant, task

PLAN = json.loads(Path(os.environ["HEADWORKS_VISITORS"]).read_text())


class Someone(FastHttpUser):
    """Opens one page after the other without a pause, each time as somebody of another role."""

    wait_time = constant(0)

    @task
    def open_a_page(self) -> None:
        role = random.choices(PLAN["roles"], [each["share"] for each in PLAN["roles"]])[0]  # noqa: S311
        name, path = random.choice(list(role["pages"].items()))  # noqa: S311
        headers = {"Cookie": role["cookie"]}
        with self.client.get(path, name=name, headers=headers, allow_redirects=False, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"{path} answered {answer.status_code}")


class Bare(FastHttpUser):
    """Opens a bare view of as many bytes as pages have on average."""

    wait_time = constant(0)

    @task
    def open_the_bare_view(self) -> None:
        self.client.get(f"/bench/bare/{PLAN['size']}/", name="bare")
