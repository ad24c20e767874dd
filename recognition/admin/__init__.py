"""The program in the administration pages; each part registers itself."""

from recognition.admin import applications, criteria, cycles, letters

__all__ = ["applications", "criteria", "cycles", "letters"]
