"""How a program shows who it acts for: an API token in the Authorization header. Sessions don't count here."""

from django.http import HttpRequest
from ninja.errors import AuthorizationError, Throttled
from ninja.security import HttpBearer

from accounts.limits import TokenThrottle
from accounts.models import ApiToken

ONLY_READS = "This API token can only read. Create one that can read and change."


class ApiTokenBearer(HttpBearer):
    """Sets ``request.auth`` to the token. ``to_change`` refuses tokens that can only read."""

    openapi_description = "An API token from the account page, as in “Authorization: Bearer headworks_…”."

    def __init__(self, *, to_change: bool = False) -> None:
        super().__init__()
        self.to_change = to_change

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        """Unlike the base class, never logs the header."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, secret.strip()) if scheme.lower() == "bearer" else None

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = ApiToken.objects.authenticate(token)
        if found is None:
            return None
        throttle = TokenThrottle(found.pk)
        if not throttle.allow_request(request):
            raise Throttled(throttle.seconds_to_wait)
        if self.to_change and not found.can_change:
            raise AuthorizationError(message=ONLY_READS)
        return found
