"""Registers the kinds of report about notices."""

from recognition.notices.documents import NOTICE_LETTER, NOTICE_LETTERS
from reports.kinds import register

register(NOTICE_LETTER)
register(NOTICE_LETTERS)
