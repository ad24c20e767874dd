"""The addresses of readiness, within those of a utility's system."""

from django.urls import path

from ims.team.readiness import views

urlpatterns = [
    path("", views.readiness, name="readiness"),
    path("begin/", views.begin, name="begin_round"),
    path("<int:pk>/", views.round_, name="round"),
    path("<int:pk>/history/", views.history, name="round_history"),
    path("<int:pk>/show/", views.show, name="show_round"),
    path("<int:pk>/reopen/", views.reopen, name="reopen_round"),
    path("<int:pk>/rate/<int:person>/", views.rate, name="rate"),
    path("<int:pk>/rate/<int:person>/<slug:factor>/", views.save_rating, name="save_rating"),
    path("<int:pk>/barriers/<slug:slug>/", views.save_barrier, name="save_barrier"),
]
