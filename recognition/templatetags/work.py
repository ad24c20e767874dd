"""What pages of one application show of the work that staff share.

``{% walk %}``: the links to the next and the previous one of the queue it comes from.
``{% work %}``: who has it, and internal notes.
"""

from typing import Any

from django import template

from recognition.reviewing import walking
from recognition.reviewing.sharing import of_application

register = template.Library()


@register.inclusion_tag("recognition/reviewing/_walk.html", takes_context=True)
def walk(context: dict[str, Any]) -> dict[str, Any]:
    request, application = context["request"], context["application"]
    return {"walk": walking.walk(request, application) if "in" in request.GET else None}


@register.inclusion_tag("recognition/reviewing/_work.html", takes_context=True)
def work(context: Any) -> dict[str, Any]:
    shown = {name: context[name] for name in ("application", "rights", "may", "user", "csrf_token", "request")}
    return shown | {"work": of_application(context["application"], context["rights"], context["user"])}
