"""The addresses of planning that no other register has, below those of a utility."""

from django.urls import path

from ims.plan import assessing_views, requirement_views, statement_views

urlpatterns = [
    path("ranked/", assessing_views.ranked, name="ranked"),
    path("criteria/", assessing_views.criteria, name="criteria"),
    path("requirements/<slug:number>/evaluate/", requirement_views.evaluate, name="evaluate"),
    path("statements/<slug:number>/next/", statement_views.next_edition, name="next_edition"),
    path("cross-check/", statement_views.cross_check, name="cross_check"),
    path("cross-check/<slug:first>/<slug:second>/", statement_views.compare, name="compare_policies"),
]
