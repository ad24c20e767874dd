"""The addresses of the system as a whole, below those of a utility."""

from django.urls import path

from ims.system import round_views, today_views

urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("today/<int:pk>/fill/", today_views.fill_in, name="fill_in"),
    path("year/", round_views.year, name="year"),
    path("year/round.ics", round_views.download, name="year_file"),
    path("year/feed/new/", round_views.new_feed, name="new_year_feed"),
    path("year/feed/end/", round_views.end_feed, name="end_year_feed"),
    path("year/feed/<str:secret>/round.ics", round_views.feed, name="year_feed"),
]
