"""What files add to the page of a utility."""

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Utility
from files.models import MB, StoredFile, in_megabytes
from workflow.slots import fills


@fills("utility.facts")
def room_for_files(utility: Utility) -> SafeString:
    used, most = in_megabytes(StoredFile.objects.used_by(utility)), f"{settings.UTILITY_MAX_BYTES // MB:,} MB"
    return format_html("<dt>Files</dt><dd>{} of {} used</dd>", used, most)
