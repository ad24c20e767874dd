"""Decodes uploaded photos and encodes them again, so that only the picture itself is stored."""

from __future__ import annotations

import io
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from files.models import RefusedFile

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 60_000_000  # more than any camera in use; stops decompression bombs
MAX_SIDE = 3000  # pixels, enough for print
ENDINGS = (".jpg", ".jpeg")


def reencoded(upload: UploadedFile) -> bytes:
    """Returns the photo upright, as a JPEG without location, camera data or hidden content. Raises RefusedFile."""
    from PIL import Image, ImageOps  # imported here because most web processes never need Pillow: 3 MB

    name = PurePath(upload.name or "photo").name
    if upload.size is None or upload.size > settings.FILE_MAX_BYTES:
        limit = settings.FILE_MAX_BYTES // (1024 * 1024)
        raise RefusedFile(f"“{name}” is larger than {limit} MB. Save a smaller version and choose it again.")
    if not name.lower().endswith(ENDINGS):
        raise RefusedFile(f"“{name}” is not a JPEG photo. Save it as JPEG (.jpg) and choose it again.")
    try:
        with Image.open(upload, formats=["JPEG"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise RefusedFile(f"“{name}” has too many pixels. Save a smaller version and choose it again.")
            # Decodes at half size or less if that is still at least as large as the stored photo.
            picture.draft(None, (MAX_SIDE, MAX_SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((MAX_SIDE, MAX_SIDE))
            upright = _in_srgb(upright)
    except RefusedFile:
        raise
    except Exception as error:  # a broken file makes decoders raise almost anything, even struct.error and TypeError
        raise RefusedFile(f"“{name}” can't be read as a JPEG photo. Save it again as JPEG.") from error
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Returns the picture in sRGB, which is assumed without a profile. Cameras also use others, such as Display P3."""
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
        converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return converted or picture.convert("RGB")
    except (KeyError, OSError, ValueError, ImageCms.PyCMSError):  # no profile, or a broken or unfitting one
        return picture.convert("RGB")
