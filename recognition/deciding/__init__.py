"""Decisions with their letters and certificates, the panel's packet and the scores."""
