"""Decisions, their letters and certificates, the packet and the scores."""
