"""The addresses of the management system. A record is named by its register and number."""

from django.urls import path

from ims import attachment_views, views

app_name = "ims"
urlpatterns = [
    path("", views.systems, name="systems"),
    path("attachments/<int:pk>/", attachment_views.download, name="download"),
    path("attachments/<int:pk>/remove/", attachment_views.remove, name="remove"),
    path("<int:utility_pk>/", views.system, name="system"),
    path("<int:utility_pk>/<slug:register>/", views.record_list, name="list"),
    path("<int:utility_pk>/<slug:register>/new/", views.new, name="new"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/", views.record, name="record"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/edit/", views.edit, name="edit"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/save/", views.save, name="save"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/comment/", views.comment, name="comment"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/link/", attachment_views.add_link, name="add_link"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/file/", attachment_views.add_file, name="add_file"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/<slug:to>/", views.move, name="move"),
]
