"""Choosing, previewing, publishing and withdrawing the public page, and the page as everyone sees it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.limits import AddressThrottle
from accounts.models import Role
from accounts.requests import AuthenticatedRequest
from ims.access import utility_of
from ims.system.public import AddressTaken, PublicPage, shows_anything
from ims.system.public_content import Content
from ims.system.public_forms import ChoicesForm
from workflow import saving
from workflow.models import Stale, WrongState

RATE, WAIT = "120/5m", 5 * 60  # pages of one address; seconds
CHANGED = "Nothing was published: a colleague has just changed what is chosen. Here is the preview of it."


@login_required
def choose(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Lets managers choose what the page shows; tells other members whether there is one, and what happened to it."""
    page = PublicPage.of(utility_of(request, utility_pk))
    is_manager = page.my_role == Role.MANAGER
    if request.method == "POST" and not is_manager:
        raise PermissionDenied
    form = ChoicesForm(request.POST or None, page=page) if is_manager else None
    conflict: dict[str, Any] = {}
    if form is not None and form.is_valid():
        try:
            conflict = saving.tried(form, request, page.choose)
        except AddressTaken:
            form.add_error("slug", "Another utility has this address. Choose another.")
        else:
            if not conflict:
                messages.success(request, "Saved. Look at the preview; nothing changed for the public yet.")
                return redirect("ims:public_preview", page.utility_id)
    events = list(page.events.select_related("by").order_by("-at", "-pk")) if page.pk else []
    context = {"utility": page.utility, "page": page, "form": form, "conflict": conflict, "events": events}
    status = 409 if conflict else saving.status_of(form) if form else 200
    return render(request, "ims/system/public.html", context, status=status)


def _managed(request: AuthenticatedRequest, utility_pk: int) -> PublicPage:
    page = PublicPage.of(utility_of(request, utility_pk))
    page.require_manager()
    if page.pk is None:
        raise Http404
    return page


@login_required
def preview(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows what is chosen exactly as everyone would see it."""
    page = _managed(request, utility_pk)
    context = {"utility": page.utility, "page": page, "content": Content(page.utility, page.choices)}
    return render(request, "ims/system/public_preview.html", context | {"is_empty": not shows_anything(page.choices)})


@login_required
@require_POST
def publish(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Publishes the choices that the person saw in the preview, whose ``version`` is sent."""
    page = _managed(request, utility_pk)
    version = request.POST.get("version", "")

    def act() -> None:
        page.publish(int(version) if version.isdecimal() and len(version) < 10 else 0, by=request.user)

    return _done(request, page, act, "Published. Everyone can see the page at its address now.")


@login_required
@require_POST
def withdraw(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    page = _managed(request, utility_pk)
    return _done(request, page, lambda: page.withdraw(by=request.user), "Withdrawn. Nobody can see the page now.")


def _done(request: HttpRequest, page: PublicPage, act: Callable[[], None], done: str) -> HttpResponse:
    try:
        act()
    except Stale:
        messages.error(request, CHANGED)
        return redirect("ims:public_preview", page.utility_id)
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        messages.success(request, done)
    return redirect("ims:public", page.utility_id)


@require_safe
@never_cache
def shown(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows a published page to everyone. 410 once it was withdrawn; no copy is kept on the way."""
    if not AddressThrottle(RATE, "public-page").allow_request(request):
        response = render(request, "ims/system/public_wait.html", status=429)
        response["Retry-After"] = str(WAIT)
        return response
    page = PublicPage.objects.select_related("utility").filter(slug=slug).first()
    if page is None or page.status == PublicPage.Status.DRAFT:
        raise Http404
    if page.published is None:
        return render(request, "ims/system/public_gone.html", status=410)
    context = {"content": Content(page.utility, page.published)}
    response = render(request, "ims/system/public_page.html", context)
    if not page.published["searchable"]:
        response["X-Robots-Tag"] = "noindex"
    return response
