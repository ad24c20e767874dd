"""The link to a person's utilities."""

from workflow.navigation import Link, register

register(Link("Utilities", "accounts:list", order=50, for_members=True))
