"""Admin mixins: for rows that change only through their own methods, and for large tables."""

from typing import Any, ClassVar

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest


class ReadOnly:
    """A read-only admin: its rows change only on the site's own pages, which apply their rules."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CountedOnce:
    """The admin of a large table, whose rows each page counts once. Django counts them twice."""

    show_full_result_count: ClassVar[bool] = False

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return _Counted


class _Counted(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count  # so the page offers no way to "all"
