"""What the product writes to people: messages, wordings that administrators edit, reminders.

A room names its wordings in its ``letters.py`` and what it reminds of in its ``reminders.py``; both are found when the
app starts, as Django finds ``admin.py``.
"""
