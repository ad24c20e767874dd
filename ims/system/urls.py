"""The addresses of the system as a whole, below those of a utility."""

from django.urls import path

from ims.system import auditor_views, manual_views, merging_views, public_views, round_views, today_views
from ims.system.archive import views as archive_views

BOTH = "today/merge/<slug:stays>/<slug:other>/"
urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("today/<int:pk>/fill/", today_views.fill_in, name="fill_in"),
    path("today/two-jobs/<int:pk>/end/", merging_views.compare_again, name="compare_again"),
    path("today/<slug:element>/", today_views.element, name="today_element"),
    path(BOTH, merging_views.compare, name="merge"),
    path(f"{BOTH}edition/", merging_views.new_edition, name="merge_edition"),
    path(f"{BOTH}two-jobs/", merging_views.two_jobs, name="two_jobs"),
    path("auditor/", auditor_views.choose, name="auditor_choose"),
    path("auditor/<slug:initiative>/", auditor_views.initiative, name="auditor_ready"),
    path("auditor/<slug:initiative>/index/", auditor_views.request_index, name="auditor_index"),
    path("auditor/<slug:initiative>/at/<slug:element>/", auditor_views.others, name="auditor_others"),
    path("auditor/<slug:initiative>/at/<slug:element>/<slug:number>/", auditor_views.serve, name="auditor_serve"),
    path("manual/", manual_views.manual, name="manual"),
    path("manual/issue/", manual_views.issue, name="issue_manual"),
    path("manual/words/", manual_views.words, name="manual_words"),
    path("manual/words/<slug:element>/", manual_views.save_words, name="save_manual_words"),
    path("manual/editions/<int:pk>/", manual_views.edition, name="manual_edition"),
    path("year/", round_views.year, name="year"),
    path("year/round.ics", round_views.download, name="year_file"),
    path("year/feed/new/", round_views.new_feed, name="new_year_feed"),
    path("year/feed/end/", round_views.end_feed, name="end_year_feed"),
    path("year/feed/<str:secret>/round.ics", round_views.feed, name="year_feed"),
    path("public/", public_views.choose, name="public"),
    path("public/preview/", public_views.preview, name="public_preview"),
    path("public/publish/", public_views.publish, name="public_publish"),
    path("public/withdraw/", public_views.withdraw, name="public_withdraw"),
    path("archive/", archive_views.archive, name="archive"),
    path("archive/back/", archive_views.bring, name="bring_archive"),
    path("archive/back/<int:pk>/", archive_views.coming_back, name="coming_back"),
    path("archive/back/<int:pk>/confirm/", archive_views.confirm, name="confirm_archive"),
    path("archive/back/<int:pk>/discard/", archive_views.discard, name="discard_archive"),
]
