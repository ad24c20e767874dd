"""The URLs of the gap analyses."""

from django.urls import path

from assessments import result_views, views

app_name = "assessments"
urlpatterns = [
    path("", views.analysis_list, name="list"),
    path("new/<int:utility_pk>/", views.start, name="start"),
    path("<int:pk>/", views.analysis, name="analysis"),
    path("<int:pk>/recommendations/", result_views.recommendations, name="recommendations"),
    path("<int:pk>/scope/", views.scope, name="scope"),
    path("<int:pk>/complete/", views.complete, name="complete"),
    path("<int:pk>/reopen/", views.reopen, name="reopen"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/results/", result_views.results, name="results"),
    path("<int:pk>/guidance/<slug:element>/", views.guidance, name="guidance"),
    path("<int:pk>/<slug:element>/", views.save_finding, name="save"),
    path("<int:pk>/<slug:element>/details/", views.details, name="details"),
    path("<int:pk>/<slug:element>/link/", views.add_link, name="add_link"),
    path("<int:pk>/<slug:element>/file/", views.add_file, name="add_file"),
    path("evidence/<int:pk>/", views.download, name="download"),
    path("evidence/<int:pk>/remove/", views.remove_evidence, name="remove_evidence"),
]
