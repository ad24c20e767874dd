"""Imports the admin modules of the management system, each of which registers its models."""

from ims.system import public_admin as public

__all__ = ["public"]
