"""The addresses of the system as a whole, below those of a utility."""

from django.urls import path

from ims.system import today_views
from ims.system.archive import views as archive_views

urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("today/<int:pk>/fill/", today_views.fill_in, name="fill_in"),
    path("archive/", archive_views.archive, name="archive"),
    path("archive/back/", archive_views.bring, name="bring_archive"),
    path("archive/back/<int:pk>/", archive_views.coming_back, name="coming_back"),
    path("archive/back/<int:pk>/confirm/", archive_views.confirm, name="confirm_archive"),
    path("archive/back/<int:pk>/discard/", archive_views.discard, name="discard_archive"),
]
