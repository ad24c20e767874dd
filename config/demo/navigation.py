"""The link to the emails that the demo sent."""

from workflow.navigation import Link, register

register(Link("Email", "demo:emails", order=90))
