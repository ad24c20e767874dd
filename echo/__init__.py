"""A client for EPA's ECHO (Enforcement and Compliance History Online) and a reader of its weekly files; no models.

``client`` calls the web services, ``bulk`` reads the weekly files, and ``reading`` and ``weekly`` turn their data into
suggestions. Nothing here decides: a person records the result.
"""
