"""The navigation link to the catalog of initiatives, which is part of the guide."""

from workflow.navigation import Link, register

register(Link("Initiatives", "initiatives:list", order=70, within="pdca:guide"))
