"""The addresses of the system as a whole, below those of a utility."""

from django.urls import path

from ims.system import public_views, today_views
from ims.system import merging_views, today_views

BOTH = "today/merge/<slug:stays>/<slug:other>/"
urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("today/<int:pk>/fill/", today_views.fill_in, name="fill_in"),
    path("public/", public_views.choose, name="public"),
    path("public/preview/", public_views.preview, name="public_preview"),
    path("public/publish/", public_views.publish, name="public_publish"),
    path("public/withdraw/", public_views.withdraw, name="public_withdraw"),
    path("today/two-jobs/<int:pk>/end/", merging_views.compare_again, name="compare_again"),
    path("today/<slug:element>/", today_views.element, name="today_element"),
    path(BOTH, merging_views.compare, name="merge"),
    path(f"{BOTH}edition/", merging_views.new_edition, name="merge_edition"),
    path(f"{BOTH}two-jobs/", merging_views.two_jobs, name="two_jobs"),
]
