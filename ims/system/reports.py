"""The kinds of report of the system as a whole."""

from ims.system import auditor_report
from ims.system import manual_report as _kinds_of_the_manual  # noqa: F401
from ims.system.archive import report as _kind_of_the_archive  # noqa: F401
from ims.system.auditor_index import AuditorIndex
from reports.kinds import Kind, Sharing, register

AUDITOR_INDEX = "auditor-index"

register(
    Kind(
        name=AUDITOR_INDEX,
        label="Index for the auditor",
        template="ims/reports/auditor_index.html",
        find=auditor_report.find,
        title=lambda kept: f"{kept}, {kept.utility}",
        filename=lambda kept: f"{kept.utility.in_file_names}-auditor-{kept.initiative}-{kept.made_at:%Y-%m-%d}",
        context=auditor_report.context,
        in_word=True,
        sheets=auditor_report.sheets,
        enclosures=auditor_report.enclosures,
        sharing=Sharing.of_utility(AuditorIndex),
    )
)
