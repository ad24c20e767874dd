"""The guide in the administration pages, and how every entry of the catalog is kept there."""

from pdca.admin import guide
from pdca.admin.entries import EntryAdmin, EntryForm

__all__ = ["EntryAdmin", "EntryForm", "guide"]
