"""A client for EPA's ECHO (Enforcement and Compliance History Online) and a reader of its weekly files; no database.

``client`` asks the web services, ``bulk`` reads the weekly files, ``reading`` and ``weekly`` turn what they say into a
suggestion. Nothing here decides: a person records the result.
"""
