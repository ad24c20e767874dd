"""A photo as it is kept: decoded and written anew, so that nothing but the picture is left of what was sent."""

import io
from pathlib import PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps

from files.models import RefusedFile

MAX_PIXELS = 60_000_000  # more than any camera in use; a bomb claims far more than it weighs
LONGEST_SIDE = 3000  # pixels, enough for print
ENDINGS = (".jpg", ".jpeg")


def reencoded(upload: UploadedFile) -> bytes:
    """The picture upright, as a JPEG without location, camera data or anything hidden in it. Raises RefusedFile."""
    name = PurePath(upload.name or "photo").name
    if upload.size is None or upload.size > settings.FILE_MAX_BYTES:
        limit = settings.FILE_MAX_BYTES // (1024 * 1024)
        raise RefusedFile(f"“{name}” is larger than {limit} MB. Save the photo smaller and choose it again.")
    if not name.lower().endswith(ENDINGS):
        raise RefusedFile(f"“{name}” is not a JPEG photo. Save it as JPEG (.jpg) and choose it again.")
    try:
        with Image.open(upload, formats=["JPEG"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise RefusedFile(f"“{name}” has too many pixels. Save the photo smaller and choose it again.")
            # Decoded at a half or less where that is still as large as what is kept.
            picture.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except RefusedFile:
        raise
    except Exception as error:  # a decoder trips over a broken file in many ways, struct.error and TypeError too
        raise RefusedFile(f"“{name}” can't be read as a JPEG photo. Save it again as JPEG.") from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()
