from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("", views.report_list, name="list"),
    path("request/<slug:kind>/<int:object_id>/", views.report_request, name="request"),
    path("<int:pk>/", views.report_detail, name="report"),
    path("<int:pk>/again/", views.report_again, name="again"),
    path("<int:pk>/delete/", views.report_delete, name="delete"),
    path("<int:pk>/download/", views.report_download, name="download"),
]
