"""The addresses of doing that no other register has, below those of a utility."""

from django.urls import path

from ims.do import document_views

urlpatterns = [
    path("documents/<slug:number>/people/", document_views.people, name="document_people"),
    path("documents/<slug:number>/approve/<int:person>/", document_views.approve, name="approve_document"),
    path("documents/<slug:number>/read/", document_views.read, name="read_document"),
    path("documents/<slug:number>/readers/", document_views.readers, name="document_readers"),
    path("documents/<slug:number>/next/", document_views.next_edition, name="next_document"),
]
