"""What the tests of archives share: making one, changing it, and taking it in."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User, Utility
from ims.system.archive.checking import checked
from ims.system.archive.models import ArchiveImport
from ims.system.archive.opening import opened
from ims.system.archive.packing import pack
from ims.system.archive.unpacking import unpack


def packed(utility: Utility, by: User, folder: Any) -> bytes:
    path = folder / f"{utility.pk}.zip"
    pack(utility, by, path)
    return path.read_bytes()


def data_in(content: bytes) -> dict[str, Any]:
    with ZipFile(BytesIO(content)) as archive:
        return json.loads(archive.read("system.json"))


def changed(content: bytes, change: Callable[[dict[str, Any]], Any], **files: bytes | None) -> bytes:
    """The archive after ``change`` of its exact form. ``files``: name → other content, None to leave it out."""
    made = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(made, "w") as after:
        for name in before.namelist():
            data = files.get(name.replace(".", "_"), before.read(name))
            if name == "system.json" and data is not None:
                parsed = json.loads(data)
                change(parsed)
                data = json.dumps(parsed).encode()
            if data is not None:
                after.writestr(name, data)
    return made.getvalue()


def take_in(utility: Utility, content: bytes, by: User) -> None:
    with opened(BytesIO(content)) as (archive, parsed):
        unpack(utility, checked(archive, parsed), archive, by=by)


def upload(content: bytes, name: str = "everything.zip") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/zip")


def keep(utility: Utility, content: bytes, by: User) -> ArchiveImport:
    kept = ArchiveImport.keep(utility, upload(content), by=by)
    return ArchiveImport.objects.visible_to(by).get(pk=kept.pk)
