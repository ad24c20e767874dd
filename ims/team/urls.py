"""The addresses of the team, within those of a utility's system."""

from django.urls import path

from ims.team import people_views, views

urlpatterns = [
    path("", views.team, name="team"),
    path("history/", views.history, name="team_history"),
    path("scope/", views.scope, name="team_scope"),
    path("functions/new/", views.add_function, name="add_function"),
    path("functions/<slug:function>/", views.seat, name="seat"),
    path("people/new/", people_views.add_person, name="add_person"),
    path("people/<int:pk>/", people_views.person, name="person"),
    path("people/<int:pk>/save/", people_views.save_person, name="save_person"),
    path("people/<int:pk>/left/", people_views.leave, name="person_left"),
    path("people/<int:pk>/merge/", people_views.merge, name="merge_person"),
    path("subgroups/new/", people_views.add_subgroup, name="add_subgroup"),
    path("subgroups/<int:pk>/", people_views.subgroup, name="subgroup"),
    path("subgroups/<int:pk>/save/", people_views.save_subgroup, name="save_subgroup"),
    path("subgroups/<int:pk>/close/", people_views.close_subgroup, name="close_subgroup"),
]
