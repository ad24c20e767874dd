"""JSON values of a declared shape.

``values`` say what is allowed, ``forms`` how a person types it, ``columns`` keep it in a table.
"""
