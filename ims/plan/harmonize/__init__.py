"""Harmonizing objectives: a workshop in four steps (guide 2004, §4.1.6)."""
