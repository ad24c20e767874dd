"""The navigation link to the catalog of initiatives."""

from workflow.navigation import Link, register

register(Link("Initiatives", "initiatives:list", order=70))
