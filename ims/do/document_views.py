"""The pages of a document: who approves it and must know it, approving, confirming, its next edition."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.access import record_of
from ims.do.document_forms import ApprovalForm, DocumentPeopleForm, SendBackForm, SheetForm
from ims.do.documents import Document
from ims.do.signatures import Signature
from ims.people import Person
from workflow import saving
from workflow.models import WrongState

UNCHANGED = "Nothing was changed. {}"


def _document(request: AuthenticatedRequest, utility_pk: int, number: str, *, editor: bool = False) -> Document:
    document: Document = record_of(request, utility_pk, Document.REGISTER, number)
    if editor and document.my_role not in CAN_EDIT:
        raise PermissionDenied
    return document


@login_required
def people(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    document = _document(request, utility_pk, number, editor=True)
    form = DocumentPeopleForm(request.POST if request.method == "POST" else None, document=document)
    if request.method == "POST" and form.is_valid():
        try:
            if "approvers" in form.cleaned_data:
                document.ask_approvers(form.cleaned_data["approvers"], by=request.user)
            document.ask_readers(form.cleaned_data["readers"], by=request.user)
        except WrongState as error:
            messages.info(request, UNCHANGED.format(error))
        else:
            messages.success(request, f"{number}: the people were saved.")
        return redirect(f"{document.get_absolute_url()}#approval")
    context = {"document": document, "form": form}
    return render(request, "ims/do/document_people.html", context, status=saving.status_of(form))


@login_required
def approve(request: AuthenticatedRequest, utility_pk: int, number: str, person: int) -> HttpResponse:
    """Lets an approver approve the document as they read it, or send it back; or enters what they did on paper."""
    document = _document(request, utility_pk, number)
    signature = get_object_or_404(document.approvers.select_related("person"), person=person)
    if not signature.may_sign(request.user, document.my_role):
        raise PermissionDenied
    if document.status != Document.Status.IN_REVIEW or signature.signed_on:
        messages.info(request, f"{number} does not need this approval now: it is “{document.status_label}”.")
        return redirect(document)
    is_own, sends_back = signature.person.user_id == request.user.pk, "why" in request.POST
    form = ApprovalForm(None if sends_back else request.POST or None, document=document, is_own=is_own)
    back = SendBackForm(request.POST if sends_back else None)
    sent = back if sends_back else form
    if request.method == "POST" and sent.is_valid():
        _answer(request, document, signature, sent.cleaned_data)
        return redirect(document)
    context = {"document": document, "signature": signature, "form": form, "back": back, "is_own": is_own}
    context |= {"files": document.attachments.select_related("file")}
    return render(request, "ims/do/document_approve.html", context, status=saving.status_of(sent))


def _answer(request: AuthenticatedRequest, document: Document, signature: Signature, answered: dict[str, Any]) -> None:
    try:
        if "why" in answered:
            document.send_back(by=request.user, why=answered["why"])
            messages.success(request, f"{document.number} is a draft again. Its owner sees why in the history.")
        elif answered["version"] != document.version:
            raise WrongState("It was changed since you opened it. Read it again.")
        else:
            document.approve(signature.person, by=request.user, on=answered.get("on"))
            words = "is approved" if document.status == document.IN_FORCE else "still needs other approvals"
            messages.success(request, f"Your entry was saved. {document.number} {words}.")
    except WrongState as error:
        messages.info(request, UNCHANGED.format(error))


@login_required
def read(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows the document to a person who must know it, and keeps that they read it."""
    document = _document(request, utility_pk, number)
    signature = get_object_or_404(document.readers.select_related("person"), person__user=request.user)
    if request.method == "POST":
        try:
            document.confirm(signature.person, by=request.user)
        except WrongState as error:
            messages.info(request, UNCHANGED.format(error))
        else:
            messages.success(request, f"You confirmed that you read {number}.")
        return redirect(document)
    context = {"document": document, "signature": signature, "files": document.attachments.select_related("file")}
    return render(request, "ims/do/document_read.html", context)


@login_required
def readers(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows who confirmed and who has not; keeps a signed sheet of people without an account."""
    document = _document(request, utility_pk, number, editor=request.method == "POST")
    asked = list(document.readers.asked().select_related("person", "entered_by"))
    on_paper = [each.person for each in asked if not (each.signed_on or each.person.user_id)]
    sheet = SheetForm(request.POST if "people" in request.POST or "on" in request.POST else None, people=on_paper)
    if request.method == "POST" and ("remove" in request.POST or sheet.is_valid()):
        try:
            if "remove" in request.POST:
                person = get_object_or_404(Person, pk=_key(request), utility=document.utility_id)
                document.correct_reading(person, by=request.user)
            else:
                document.confirm_for(sheet.cleaned_data["people"], by=request.user, on=sheet.cleaned_data["on"])
            messages.success(request, f"{number}: saved.")
        except WrongState as error:
            messages.info(request, UNCHANGED.format(error))
        return redirect("ims:document_readers", utility_pk, number)
    context = {
        "document": document,
        "confirmed": [each for each in asked if each.signed_on],
        "missing": [each for each in asked if not each.signed_on],
        "asked": asked,
        "sheet": sheet if on_paper else None,
        "can_enter": document.my_role in CAN_EDIT and document.status == Document.IN_FORCE,
    }
    return render(request, "ims/do/document_readers.html", context, status=saving.status_of(sheet))


def _key(request: AuthenticatedRequest) -> int:
    key = request.POST["remove"]
    return int(key[:18]) if key.isdecimal() else 0


@login_required
def next_edition(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Asks, then begins the next edition; leads to the one that was begun."""
    document = _document(request, utility_pk, number, editor=True)
    if request.method != "POST":
        return render(request, "ims/do/document_next.html", {"document": document})
    try:
        draft = document.begin_next(by=request.user)
    except WrongState as error:
        messages.info(request, str(error))
        return redirect(document.next_draft or document)
    messages.success(
        request, f"{draft.number} was created from {number}. {number} stays approved until it is replaced."
    )
    return redirect("ims:edit", utility_pk, Document.REGISTER, draft.number)
