"""The registers of Plan."""
