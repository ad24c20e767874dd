"""JSON values of a declared shape.

``values`` defines what is allowed, ``forms`` the form fields to edit it, and ``columns`` the model field to store it.
"""
