"""Sessions in the database, as Django keeps them. Every page begins with one, so its query is composed once."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as OfDjango
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from workflow import composed


class SessionStore(OfDjango):
    def _get_session_from_db(self) -> Any:
        found = composed.first(_alive, None, self.session_key, timezone.now())
        if found is None:
            self._session_key = None
        return found


def _alive(key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
