"""How a row that moves through its own door is shown in the administration pages."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """To look at: such a row changes only on its own pages, through its own rules."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
