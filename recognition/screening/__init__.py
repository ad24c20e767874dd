"""Compliance data from EPA's ECHO: for one application from its web services, for a cycle from its weekly files."""
