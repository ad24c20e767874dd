"""The addresses of checking that no other register has, below those of a utility."""

from django.urls import include, path

from ims.check import review_views

urlpatterns = [
    path("measures/", include("ims.check.measure_urls")),
    path("reviews/<slug:number>/agenda/", review_views.agenda, name="agenda"),
    path("reviews/<slug:number>/agenda/report/", review_views.request_pack, name="review_report"),
    path("reviews/<slug:number>/people/", review_views.people, name="review_people"),
    path("reviews/<slug:number>/decisions/new/", review_views.decision, name="new_decision"),
    path("reviews/<slug:number>/decisions/<int:pk>/", review_views.decision, name="decision"),
]
