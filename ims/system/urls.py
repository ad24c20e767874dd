"""The addresses of the system as a whole, below those of a utility."""

from django.urls import path

from ims.system import today_views

urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("today/<int:pk>/fill/", today_views.fill_in, name="fill_in"),
]
