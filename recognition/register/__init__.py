"""Recognitions after the decision: the public register, verification, publishing, revocation."""
