"""The link to a person's reports."""

from workflow.navigation import Link, Place, register

register(Link("Reports", "reports:list", order=40, for_members=True, place=Place.MENU))
