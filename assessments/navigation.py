"""The navigation link to the gap analyses."""

from workflow.navigation import Link, register

register(Link("Gap analyses", "assessments:list", order=20, for_members=True))
