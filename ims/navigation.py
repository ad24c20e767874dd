"""The navigation link to the management system."""

from workflow.navigation import Link, register

register(Link("Our system", "ims:systems", order=15, for_members=True))
