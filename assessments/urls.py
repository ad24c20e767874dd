"""The URLs of the gap analyses."""

from django.urls import path

from assessments import compare_views, exchange_views, result_views, row_views, views
from assessments.cohorts import views as cohort_views
from assessments.integration import road_views
from assessments.integration import views as integration_views

app_name = "assessments"
urlpatterns = [
    path("", views.analysis_list, name="list"),
    path("new/<int:utility_pk>/", views.start, name="start"),
    path("compare/<int:utility_pk>/", compare_views.compare, name="compare"),
    path("integration/answer/<slug:slug>/", integration_views.where, name="integration_where"),
    path("integration/<int:utility_pk>/", integration_views.integration, name="integration"),
    path("integration/<int:utility_pk>/<slug:slug>/", integration_views.answer, name="answer"),
    path("integration/<int:utility_pk>/<slug:slug>/history/", integration_views.history, name="answer_history"),
    path("road-map/<int:utility_pk>/", road_views.road_map, name="road_map"),
    path("road-map/<int:utility_pk>/latest/", road_views.latest_road_map, name="road_map_latest"),
    path("road-map/<int:utility_pk>/change/", road_views.change, name="road_map_change"),
    path("sharing/<int:utility_pk>/", cohort_views.sharing, name="sharing"),
    path("<int:pk>/", views.analysis, name="analysis"),
    path("<int:pk>/recommendations/", result_views.recommendations, name="recommendations"),
    path("<int:pk>/road-map/", road_views.suggestion, name="road_map_suggested"),
    path("<int:pk>/scope/", views.scope, name="scope"),
    path("<int:pk>/confirm/", views.confirm, name="confirm"),
    path("<int:pk>/complete/", views.complete, name="complete"),
    path("<int:pk>/reopen/", views.reopen, name="reopen"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/results/", result_views.results, name="results"),
    path("<int:pk>/excel/", exchange_views.download, name="excel"),
    path("<int:pk>/excel/import/", exchange_views.preview, name="excel_import"),
    path("<int:pk>/excel/import/confirm/", exchange_views.confirm, name="excel_confirm"),
    path("<int:pk>/guidance/<slug:element>/", row_views.guidance, name="guidance"),
    path("<int:pk>/<slug:element>/", row_views.save_finding, name="save"),
    path("<int:pk>/<slug:element>/details/", row_views.details, name="details"),
    path("<int:pk>/<slug:element>/history/", row_views.history, name="history"),
    path("<int:pk>/<slug:element>/undo/", row_views.undo, name="undo"),
    path("<int:pk>/<slug:element>/link/", row_views.add_link, name="add_link"),
    path("<int:pk>/<slug:element>/file/", row_views.add_file, name="add_file"),
    path("evidence/<int:pk>/", row_views.download, name="download"),
    path("evidence/<int:pk>/remove/", row_views.remove_evidence, name="remove_evidence"),
]
