"""Documents of a case, and what is printed of a request."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import File, Form, Router, Schema, Status, UploadedFile
from pydantic import Field

from maillage.accounts.http import Request
from maillage.accounts.interface import Key, made, told
from maillage.referrals.actions import documents, prints
from maillage.referrals.actions.reading import read_request
from maillage.referrals.enums import DocumentKind, ScanState
from maillage.referrals.models import Document, Referral
from maillage.referrals.permissions import READ
from maillage.referrals.queries.documents import list_documents
from maillage.referrals.queries.requests import get_referral
from maillage.vocabulary.files import DICOM, JPEG, PDF, PNG

router = Router(tags=["Adressages"])

PRIVATE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}
BINARY = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}


def binary(description: str, *types: str) -> dict[str, Any]:
    """How a file is described among the answers of an operation."""
    content = dict.fromkeys(types, BINARY)
    return {"responses": {200: {"description": description, "content": content}}}


class DocumentOut(Schema):
    key: str
    kind: DocumentKind
    title: str
    content_type: Annotated[str, Field(description="Lu dans les octets, jamais cru.")]
    size: int
    sha256: str
    scan: ScanState
    added_at: datetime
    added_by: str
    organization: str

    model_config = told("Un document joint, chiffré au repos.")


def show_document(one: Document) -> dict[str, Any]:
    """A document in the interface, without its content."""
    return {
        "key": one.key,
        "kind": one.kind,
        "title": one.title,
        "content_type": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "scan": one.scan,
        "added_at": one.added_at,
        "added_by": one.added_by,
        "organization": one.organization.slug,
    }


def open_case(request: Request, key: str, what: str) -> Referral:
    """A request whose case is read: the audit line of a reading of the patient's record."""
    READ.check(request.actor, request.actor.organizations())
    referral = get_referral(key)
    read_request(referral=referral, what=what, by=request.actor, at=request.now)
    return referral


@router.get(
    "/documents/{key}",
    summary="Télécharger un document",
    description="Lecture tracée, avec sa base légale. Toujours en téléchargement.",
    openapi_extra=binary("Le document.", *(one.content_type for one in (PDF, PNG, JPEG, DICOM))),
)
def download(request: Request, key: Key) -> HttpResponse:
    """The content of a document."""
    READ.check(request.actor, request.actor.organizations())
    found, content = documents.open_document(key=key, by=request.actor, at=request.now)
    disposition = f'attachment; filename="document-{found.key}"'
    return HttpResponse(
        content,
        content_type=found.content_type,
        headers={**PRIVATE, "Content-Disposition": disposition},
    )


@router.api_operation(
    ["DELETE"],
    "/documents/{key}",
    response={204: None},
    summary="Retirer un document",
    description="Par l'établissement qui l'a joint : la ligne reste, le contenu est détruit.",
)
def remove(request: Request, key: Key) -> Any:
    """Take a document out of its case."""
    READ.check(request.actor, request.actor.organizations())
    documents.remove_document(key=key, by=request.actor, at=request.now)
    return Status(204, None)


@router.get(
    "/{key}/documents",
    response=list[DocumentOut],
    summary="Documents d'une demande",
    description="Ceux de tout son dossier. Lecture tracée.",
)
def list_them(request: Request, key: Key) -> Any:
    """The documents of the case of a request."""
    referral = open_case(request, key, "documents")
    kept = (one for one in list_documents(referral.case) if one.removed_at is None)
    return [show_document(one) for one in kept]


@router.post(
    "/{key}/documents",
    response={200: DocumentOut, 201: DocumentOut},
    summary="Joindre un document",
    description="PDF, PNG, JPEG ou DICOM, 20 Mo au plus, en multipart. Les mêmes octets une "
    "seconde fois rendent le document déjà joint (200).",
)
def attach(
    request: Request,
    key: Key,
    file: Annotated[UploadedFile, File(description="Le fichier.")],
    kind: Annotated[DocumentKind, Form(description="Nature du document.")],
    title: Annotated[str, Form(max_length=120, description="Vide : le nom du fichier.")] = "",
) -> Any:
    """Join a document to the case of a request."""
    referral = open_case(request, key, "documents")
    one = documents.attach_document(
        case=referral.case, kind=kind, title=title, file=file, by=request.actor, at=request.now
    )
    return Status(made(one.added_at, now=request.now), show_document(one))


def pdf(content: bytes, name: str) -> HttpResponse:
    """A printed piece."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'inline; filename="{name}.pdf"',
        },
    )


@router.get(
    "/{key}/demande.pdf",
    summary="La demande en PDF",
    description="Lecture tracée, avec sa base légale.",
    openapi_extra=binary("La demande.", "application/pdf"),
)
def request_pdf(request: Request, key: Key) -> HttpResponse:
    """A request as PDF."""
    READ.check(request.actor, request.actor.organizations())
    return pdf(prints.print_request(key=key, by=request.actor, at=request.now), f"demande-{key}")


@router.get(
    "/{key}/reponse.pdf",
    summary="La réponse en PDF",
    description="Lecture tracée ; 409 tant qu'aucune réponse n'est rendue.",
    openapi_extra=binary("La réponse.", "application/pdf"),
)
def answer_pdf(request: Request, key: Key) -> HttpResponse:
    """The answer to a request as PDF."""
    READ.check(request.actor, request.actor.organizations())
    return pdf(prints.print_answer(key=key, by=request.actor, at=request.now), f"reponse-{key}")
