"""Admin mixin for rows that change only through their own methods."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """A read-only admin: its rows change only on the site's own pages, which apply their rules."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
