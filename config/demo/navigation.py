"""The link to the emails that the demo sent."""

from workflow.navigation import Link, Place, register

register(Link("Emails of this demo", "demo:emails", order=90, place=Place.FOOT))
