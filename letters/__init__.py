"""Messages to people, their wordings, which administrators edit, and reminders.

An app registers its wordings in its ``letters.py`` and its reminders in its ``reminders.py``; both are imported at
startup, like ``admin.py``.
"""
