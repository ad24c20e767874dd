"""Recognitions after the decision: the public register, verification, what a utility shows, revocation."""
