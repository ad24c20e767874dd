"""What `manage.py check` and the start of the server warn of, beside Django's own checks."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("installation")
def visitors_have_addresses(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """HTTPS ends at a proxy. Whose address it forwards is not believed, is taken for one visitor."""
    if not settings.HTTPS or settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return []
    return [
        Warning(
            "HTTPS=True, but TRUSTED_PROXY_COUNT=0: all visitors behind the proxy share one address and its limits.",
            hint="Remove TRUSTED_PROXY_COUNT, or set it to the number of proxies in front.",
            id="headworks.W001",
        )
    ]
