"""The addresses of the system as a whole, below those of a utility."""

from django.urls import path

from ims.system import manual_views, today_views

urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("today/<int:pk>/fill/", today_views.fill_in, name="fill_in"),
    path("manual/", manual_views.manual, name="manual"),
    path("manual/issue/", manual_views.issue, name="issue_manual"),
    path("manual/words/", manual_views.words, name="manual_words"),
    path("manual/words/<slug:element>/", manual_views.save_words, name="save_manual_words"),
    path("manual/editions/<int:pk>/", manual_views.edition, name="manual_edition"),
]
