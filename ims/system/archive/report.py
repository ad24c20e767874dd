"""The archive of a utility as a kind of report."""

from django.utils import timezone

from accounts.models import User, Utility
from ims.system.archive.packing import ARCHIVE, pack
from reports.kinds import Packed, register


def find(user: User, object_id: int) -> Utility | None:
    """Returns the utility to a manager: the archive has the closed registers too."""
    return Utility.objects.managed_by(user).filter(pk=object_id).first()


register(
    Packed(
        name=ARCHIVE,
        label="Everything as one ZIP",
        find=find,
        title=lambda utility: f"Everything as one ZIP: {utility}",
        filename=lambda utility: f"{utility.in_file_names}-everything-{timezone.localdate()}",
        write=pack,
    )
)
