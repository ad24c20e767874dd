"""The navigation link to the guide."""

from workflow.navigation import Link, register

register(Link("Guide", "pdca:guide", order=80))
