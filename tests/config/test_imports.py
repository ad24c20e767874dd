"""What a web process holds in memory from its start: not the libraries that few requests or only workers need."""

import os
import subprocess
import sys

from django.conf import settings

LATER = ["PIL", "docx", "icalendar", "lxml", "openpyxl", "resvg_py", "segno", "weasyprint"]
CODE = """
import sys
import config.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_web_process_loads_libraries_of_documents_only_when_it_needs_them():
    environment = os.environ | {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none"}
    started = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = started.stdout.split()
    assert "ninja" in loaded, "it has loaded the addresses"
    assert not set(LATER) & set(loaded)
