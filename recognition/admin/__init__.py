"""The program in the administration pages; each part registers itself."""

from recognition.admin import applications, criteria, cycles, hours, letters, notices, recognitions, screening

__all__ = ["applications", "criteria", "cycles", "hours", "letters", "notices", "recognitions", "screening"]
