"""Imports the admin modules of the recognition program, each of which registers its models."""

from recognition.applying import admin as applying
from recognition.burden import admin as burden
from recognition.criteria import admin as criteria
from recognition.cycles import admin as cycles
from recognition.notices import admin as notices
from recognition.register import admin as register
from recognition.screening import admin as screening

__all__ = ["applying", "burden", "criteria", "cycles", "notices", "register", "screening"]
