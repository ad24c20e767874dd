"""Photos as cameras and others send them."""

import io
import struct
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

SECRETS = [b"Hideout", b"44 degrees", b"adobe.com/xap", b"Exif", b"ICC_PROFILE", b"Paparazzo"]


def jpeg(mode: str = "RGB", size: tuple[int, int] = (80, 60), **options: Any) -> bytes:
    """Grey on the left, white on the right."""
    picture = Image.new("L", size, 255)
    picture.paste(90, (0, 0, size[0] // 2, size[1]))
    made = io.BytesIO()
    picture.convert(mode).save(made, "JPEG", quality=95, **options)
    return made.getvalue()


def from_a_camera(orientation: int = 6) -> bytes:
    """With where it was taken and by whom, in each place where a JPEG can hold it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x013B] = orientation, "Hideout", "Paparazzo"
    exif.get_ifd(0x8825).update({1: "N", 2: (44.0, 3.0, 2.0), 27: b"44 degrees"})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>Hideout</x:xmpmeta>"
    plain = jpeg(exif=exif.tobytes(), icc_profile=profile, comment=b"Paparazzo")
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp + plain[2:]


def claiming(width: int, height: int) -> bytes:
    """A small file that says it is as large as that."""
    small = jpeg()
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]


def photo(content: bytes | None = None, name: str = "plant.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if content is None else content, "image/jpeg")
