"""Compliance data from EPA's ECHO: asked for one application, or for a whole cycle from the weekly files."""
