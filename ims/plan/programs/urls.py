"""The addresses of the programs at a glance, within those of a utility's system."""

from django.urls import path

from ims.plan.programs import views

urlpatterns = [
    path("", views.glance, name="programs"),
    path("settle/", views.settle, name="settle"),
    path("capacity/", views.capacity, name="capacity"),
]
