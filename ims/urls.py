"""The addresses of the management system. A record is named by its register and number."""

from django.urls import include, path

from ims import (
    attachment_views,
    closed_views,
    discard_views,
    example_views,
    exchange_views,
    handing_over_views,
    link_views,
    list_views,
    preference_views,
    views,
)
from ims.plan.harmonize import urls as harmonize
from ims.plan.harmonize.models import Workshop
from ims.plan.programs import views as program_views

app_name = "ims"
urlpatterns = [
    path("", views.systems, name="systems"),
    path("mine/", list_views.mine, name="mine"),
    path("preferences/", preference_views.preferences, name="preferences"),
    path("preferences/calendar/new/", preference_views.new_calendar, name="new_calendar"),
    path("preferences/calendar/end/", preference_views.end_calendar, name="end_calendar"),
    path("weekly-email/<str:signed>/stop/", preference_views.stop_weekly, name="stop_weekly"),
    path("calendar/<str:secret>/headworks.ics", preference_views.calendar, name="calendar"),
    path("views/<int:pk>/remove/", list_views.remove_view, name="remove_view"),
    path("attachments/<int:pk>/", attachment_views.download, name="download"),
    path("attachments/<int:pk>/remove/", attachment_views.remove, name="remove"),
    path("<int:utility_pk>/", views.system, name="system"),
    path("<int:utility_pk>/", include("ims.system.urls")),
    path("<int:utility_pk>/records/", list_views.everything, name="everything"),
    path("<int:utility_pk>/programs/", include("ims.plan.programs.urls")),
    path("agreements/<int:pk>/end/", program_views.end, name="end_agreement"),
    path("<int:utility_pk>/team/", include("ims.team.urls")),
    path("<int:utility_pk>/team/people/<int:pk>/successor/", handing_over_views.to_successor, name="hand_over"),
    path("<int:utility_pk>/readiness/", include("ims.team.readiness.urls")),
    path("<int:utility_pk>/", include("ims.plan.urls")),
    path("<int:utility_pk>/", include("ims.do.urls")),
    path("<int:utility_pk>/", include("ims.check.urls")),
    path("<int:utility_pk>/", include("ims.act.urls")),
    *harmonize.urlpatterns,
    path(f"{harmonize.AT}record/", views.record, {"register": Workshop.REGISTER}, name="workshop_record"),
    path("<int:utility_pk>/<slug:register>/", list_views.record_list, name="list"),
    path("<int:utility_pk>/<slug:register>/who/", closed_views.who, name="who"),
    path("<int:utility_pk>/<slug:register>/views/", list_views.save_view, name="save_view"),
    path("<int:utility_pk>/<slug:register>/new/", views.new, name="new"),
    path("<int:utility_pk>/<slug:register>/examples/", example_views.examples, name="examples"),
    path("<int:utility_pk>/<slug:register>/excel/", exchange_views.download, name="excel"),
    path("<int:utility_pk>/<slug:register>/excel/import/", exchange_views.preview, name="excel_import"),
    path("<int:utility_pk>/<slug:register>/excel/confirm/", exchange_views.confirm, name="excel_confirm"),
    harmonize.first,
    path("<int:utility_pk>/<slug:register>/<slug:number>/", views.record, name="record"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/edit/", views.edit, name="edit"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/delete/", discard_views.discard, name="discard"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/save/", views.save, name="save"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/comment/", views.comment, name="comment"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/undo/", views.undo, name="undo"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/relations/", link_views.add, name="add_relation"),
    path(
        "<int:utility_pk>/<slug:register>/<slug:number>/relations/<int:pk>/remove/",
        link_views.remove,
        name="remove_relation",
    ),
    path("<int:utility_pk>/<slug:register>/<slug:number>/link/", attachment_views.add_link, name="add_link"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/file/", attachment_views.add_file, name="add_file"),
    path("<int:utility_pk>/<slug:register>/<slug:number>/<slug:to>/", views.move, name="move"),
]
