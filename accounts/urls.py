from django.urls import path

from accounts import confirming, deliveries, joining, unsent, views

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
    path("unsent/dismiss/", unsent.dismiss, name="dismiss_unsent"),
    path("emails/", deliveries.emails, name="emails"),
    path("emails/again/", deliveries.send_all_again, name="emails_again"),
    path("emails/<int:pk>/", deliveries.email, name="email"),
    path("emails/<int:pk>/again/", deliveries.send_again, name="email_again"),
    path("emails/<int:pk>/dismiss/", deliveries.dismiss, name="email_dismiss"),
    path("unconfirmed/", confirming.new_utilities, name="new_utilities"),
    path("<int:pk>/confirm/", confirming.confirm, name="confirm"),
    path("claims/", joining.claims, name="claims"),
    path("claims/<int:pk>/grant/", joining.grant, name="grant"),
    path("claims/<int:pk>/decline/", joining.decline, name="decline"),
]
