from django.urls import path

from accounts import group_views, joining, unsent, views

app_name = "accounts"
urlpatterns = [
    path("", views.utilities, name="list"),
    path("search/", views.search, name="search"),
    path("choose/", views.choose_utility, name="choose"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.utility, name="utility"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/leave/", views.leave, name="leave"),
    path("<int:pk>/representative/", views.representative, name="representative"),
    path("<int:pk>/people/<int:member>/role/", views.change_role, name="change_role"),
    path("<int:pk>/people/<int:member>/remove/", views.remove, name="remove"),
    path("<int:pk>/invite/", joining.invite, name="invite"),
    path("<int:pk>/invitations/<int:invitation>/withdraw/", joining.withdraw, name="withdraw"),
    path("invitations/<str:token>/", joining.invitation, name="invitation"),
    path("<int:pk>/ask/", joining.ask, name="ask"),
    path("groups/new/", group_views.new, name="new_group"),
    path("groups/<int:pk>/", group_views.group, name="group"),
    path("groups/<int:pk>/members/", group_views.members, name="group_members"),
    path("groups/<int:pk>/ask/<int:utility>/", group_views.ask, name="ask_utility"),
    path("groups/<int:pk>/utilities/<int:place>/remove/", group_views.remove_utility, name="remove_from_group"),
    path("groups/<int:pk>/people/<int:place>/remove/", group_views.remove_person, name="remove_from_people"),
    path("groups/<int:pk>/leave/", group_views.leave, name="leave_group"),
    path("groups/<int:pk>/end/", group_views.end, name="end_group"),
    path("groups/invitations/<int:pk>/", group_views.answer_invitation, name="answer_invitation"),
    path("<int:pk>/groups/", group_views.of_utility, name="groups_of_utility"),
    path("<int:pk>/groups/<int:place>/", group_views.answer, name="answer_group"),
    path("unsent/dismiss/", unsent.dismiss, name="dismiss_unsent"),
    path("claims/", joining.claims, name="claims"),
    path("claims/<int:pk>/grant/", joining.grant, name="grant"),
    path("claims/<int:pk>/decline/", joining.decline, name="decline"),
]
