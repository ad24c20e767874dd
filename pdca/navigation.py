"""The navigation link to the guide."""

from workflow.navigation import Link, register

register(Link("PDCA guide", "pdca:guide", order=80))
