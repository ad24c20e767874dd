"""EPA's ECHO (Enforcement and Compliance History Online): what it says of an applicant's permits and water systems.

``client`` asks its web services, ``bulk`` reads its weekly files, ``reading`` turns either into a suggestion,
``screening`` does so for an application or a whole cycle. Nothing here decides: a person records the result.
"""
