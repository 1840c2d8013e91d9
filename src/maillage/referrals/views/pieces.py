"""Documents joined to a case, letters written for it, and everything that is printed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.accounts.forms import add_problems
from maillage.accounts.http import Request, requires
from maillage.referrals.actions import documents, letters, prints
from maillage.referrals.actions.reading import read_letter, read_request
from maillage.referrals.enums import DocumentKind, LetterKind
from maillage.referrals.forms.pieces import DocumentForm, LetterForm, SendLetterForm
from maillage.referrals.models import Letter
from maillage.referrals.permissions import READ
from maillage.referrals.queries.letters import get_letter
from maillage.referrals.queries.pieces import get_pieces
from maillage.referrals.queries.requests import get_referral
from maillage.referrals.rules.letters import INCOMPLETE, say_content
from maillage.vocabulary.errors import Invalid, MaillageError

PRIVATE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


@requires(READ)
def pieces(request: Request, key: str) -> HttpResponse:
    """What is joined to the case of a request and written for it; joining one more document."""
    referral = get_referral(key)
    read_request(referral=referral, what="documents", by=request.actor, at=request.now)
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            documents.attach_document(
                case=referral.case,
                kind=DocumentKind(form.cleaned_data["nature"]),
                title=form.cleaned_data["titre"],
                file=form.cleaned_data["fichier"],
                by=request.actor,
                at=request.now,
            )
        except MaillageError as error:
            add_problems(form, error)
        else:
            messages.success(request, "Document joint.")
            return redirect("referrals:pieces", key)
    context = {"pieces": get_pieces(referral, request.actor), "form": form}
    status = 200 if request.method != "POST" else 422
    return render(request, "referrals/pieces.html", context, status=status)


@require_safe
@requires(READ)
def document(request: Request, key: str) -> HttpResponse:
    """A document, always as a download, never shown inside our pages."""
    found, content = documents.open_document(key=key, by=request.actor, at=request.now)
    return HttpResponse(
        content,
        content_type=found.content_type,
        headers={**PRIVATE, "Content-Disposition": f'attachment; filename="document-{key}"'},
    )


@require_POST
@requires(READ)
def remove(request: Request, key: str) -> HttpResponse:
    """Take a document out of its case."""
    documents.remove_document(key=key, by=request.actor, at=request.now)
    messages.success(request, "Document retiré : son contenu est détruit.")
    back = request.POST.get("demande", "")
    return redirect("referrals:pieces", back) if back.isalnum() else redirect("referrals:inbox")


@require_POST
@requires(READ)
def begin(request: Request, key: str, kind: str) -> HttpResponse:
    """Begin a letter for a request, or go on with the one that was begun."""
    try:
        wanted = LetterKind(kind.upper())
    except ValueError as error:
        raise Invalid("referrals.letter-kind", "Cette nature de lettre n'existe pas.") from error
    letter = letters.begin_letter(
        referral=get_referral(key), kind=wanted, by=request.actor, at=request.now
    )
    return redirect("referrals:letter", letter.key)


@requires(READ)
def letter(request: Request, key: str) -> HttpResponse:
    """Write a letter, sign it, note to whom it goes."""
    found = get_letter(key)
    read_letter(letter=found, by=request.actor, at=request.now)
    if found.signed_at is not None:
        return _send(request, found)
    kind = LetterKind(found.kind)
    first = {**found.content, "left_on": found.left_on, "version": found.version}
    form = LetterForm(request.POST or None, kind=kind, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            letters.write_letter(
                key=key,
                version=form.cleaned_data["version"],
                content=form.content,
                left_on=form.cleaned_data.get("left_on"),
                is_signed="signer" in request.POST,
                by=request.actor,
                at=request.now,
            )
        except MaillageError as error:
            add_problems(form, error)
            if error.code == INCOMPLETE:
                # It was kept, and is one version further: the next attempt follows it. A page that
                # somebody else left behind keeps its own, and is refused again.
                form.data = {**request.POST.dict(), "version": form.cleaned_data["version"] + 1}
        else:
            said = "Lettre signée." if "signer" in request.POST else "Lettre enregistrée."
            messages.success(request, said)
            return redirect("referrals:letter", key)
    return _letter_page(request, found, form)


def _send(request: Request, found: Letter) -> HttpResponse:
    form = SendLetterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            letters.send_letter(
                key=found.key,
                addresses=form.cleaned_data["mailboxes"],
                handed_over=form.cleaned_data["handed_over"],
                by=request.actor,
                at=request.now,
            )
        except MaillageError as error:
            add_problems(form, error)
        else:
            messages.success(request, "Envoi noté.")
            return redirect("referrals:letter", found.key)
    return _letter_page(request, found, form)


def _letter_page(request: Request, found: Letter, form: Any) -> HttpResponse:
    written = say_content(LetterKind(found.kind), found.content)
    context = {"letter": found, "form": form, "written": written}
    status = 422 if request.method == "POST" else 200
    return render(request, "referrals/letter.html", context, status=status)


def _pdf(content: bytes, name: str) -> HttpResponse:
    disposition = f'inline; filename="{name}.pdf"'
    headers = {**PRIVATE, "Content-Disposition": disposition}
    del headers["Content-Security-Policy"]
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_safe
@requires(READ)
def request_pdf(request: Request, key: str) -> HttpResponse:
    """A request as PDF."""
    content = prints.print_request(key=key, by=request.actor, at=request.now)
    return _pdf(content, f"demande-{key}")


@require_safe
@requires(READ)
def answer_pdf(request: Request, key: str) -> HttpResponse:
    """The answer to a request as PDF."""
    content = prints.print_answer(key=key, by=request.actor, at=request.now)
    return _pdf(content, f"reponse-{key}")


@require_safe
@requires(READ)
def letter_pdf(request: Request, key: str) -> HttpResponse:
    """A letter as PDF."""
    content = prints.print_letter(key=key, by=request.actor, at=request.now)
    return _pdf(content, f"lettre-{key}")
