"""The admin of the guide, and the base classes for the admin of every catalog entry."""

from pdca.admin import guide
from pdca.admin.entries import EntryAdmin, EntryForm

__all__ = ["EntryAdmin", "EntryForm", "guide"]
