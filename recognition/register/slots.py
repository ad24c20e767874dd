"""What the recognition program adds to the public page of a utility: that it is recognized, as the public list says."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Utility
from recognition.models import Recognition
from workflow.slots import fills


@fills("public.recognition")
def recognized(utility: Utility) -> SafeString:
    valid = Recognition.objects.valid().filter(application__utility=utility).order_by("-until").first()
    if valid is None:
        return SafeString()
    words = f"Recognized as a well managed utility until {valid.until:%B %-d, %Y}"
    return format_html('<a href="{}">{}</a>', valid.get_absolute_url(), words)
