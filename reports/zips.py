"""A report that is a ZIP, built on disk."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from files.models import StoredFile
from reports.models import ZIP, Report


def stored(report: Report, name: str, write: Callable[[Path], None]) -> StoredFile:
    """Stores the ZIP that ``write`` makes at a path in a folder of its own. Raises WrongState if the lease was lost."""
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / "report.zip"
        write(path)
        report.report_progress(95, "Saving the ZIP")
        return StoredFile.keep_made_file(f"{name}.zip", ZIP, path, by=report.requested_by)
