"""The kind of report that these tests ask for: about a utility, and as slow as the test wants it."""

import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import Utility
from reports.kinds import Kind

NAME = "utility-test"


def find(user: Any, object_id: int) -> Utility | None:
    return Utility.objects.visible_to(user).filter(pk=object_id).first()


def context(utility: Utility) -> dict[str, Any]:
    """Writes the worker's process id into ``started`` and goes on when there is no file ``hold`` (any more)."""
    folder = Path(settings.LOCAL_DIR)
    if (folder / "hold").exists():
        (folder / "starting").write_text(str(os.getpid()))
        (folder / "starting").rename(folder / "started")
    while (folder / "hold").exists():
        time.sleep(0.05)
    return {"utility": utility, "words": "All is well."}


KIND = Kind(
    name=NAME,
    label="Test report",
    template="test_report.html",
    find=find,
    title=lambda utility: f"Test report of {utility}",
    filename=lambda utility: f"Test report {utility}",
    context=context,
)
