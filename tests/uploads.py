"""What people hand in: genuine files of every kind that is kept, and what is not theirs to send."""

from io import BytesIO
from zipfile import ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def upload(name: str = "policy.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def packed(*names: str, manifest: bytes = b"") -> bytes:
    """A zip with these parts."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
        if manifest:
            archive.writestr("META-INF/manifest.xml", manifest)
    return made.getvalue()


OOXML = packed("[Content_Types].xml", "_rels/.rels", "word/document.xml")
ODF = packed("mimetype", "content.xml")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
LOCKED_OOXML = OLE + "EncryptedPackage".encode("utf-16-le") + bytes(90)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00;"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x01\x00\x01\x00"
TIFF = b"II*\0\x08\x00\x00\x00\x00\x00"
MAIL = b"From: a@example.org\r\nSubject: Flows\r\nContent-Type: text/html\r\n\r\n<html>2.5</html>\r\n"
TEXT = "Zustände, überall\n".encode()

GENUINE = {
    "policy.pdf": PDF,
    "plan.docx": OOXML,
    "list.xlsx": OOXML,
    "talk.pptx": OOXML,
    "plan.odt": ODF,
    "list.ods": ODF,
    "talk.odp": ODF,
    "old.doc": OLE,
    "old.xls": OLE,
    "old.ppt": OLE,
    "plant.png": PNG,
    "plant.jpg": JPEG,
    "plant.jpeg": JPEG,
    "letter.msg": OLE,
    "letter.eml": MAIL,
    "scan.tif": TIFF,
    "scan.tiff": TIFF.replace(b"II*\0", b"MM\0*"),
    "plant.gif": GIF,
    "plant.webp": WEBP,
    "log.txt": TEXT,
    "flows.csv": b"day,flow\n1,2.5\n",
}
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(200)
SCRIPT = b"#!/bin/sh\nrm -rf /\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
