"""A photo is decoded and written anew: nothing but the picture is left of what was sent."""

import io
import random

import pytest
from PIL import Image, ImageCms

from files.models import RefusedFile
from files.photos import MAX_SIDE, reencoded
from tests.pictures import SECRETS, claiming, from_a_camera, jpeg, photo
from tests.uploads import EXE, GIF, HTML, JPEG, PDF, PNG, SCRIPT, packed, upload


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_nothing_that_the_camera_wrote_is_left():
    sent = from_a_camera()
    assert all(secret in sent for secret in SECRETS), "the photo that is sent has them"
    kept = reencoded(photo(sent))
    assert not [secret for secret in SECRETS if secret in kept]
    picture = opened(kept)
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    assert not dict(picture.getexif())
    assert picture.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


# Orientation → where the grey half of the sent picture (left) is when it stands upright
UPRIGHT = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}


@pytest.mark.parametrize(("orientation", "side"), UPRIGHT.items())
def test_it_stands_upright(orientation, side):
    picture = opened(reencoded(photo(from_a_camera(orientation))))
    width, height = picture.size
    assert (width > height) == (side in ("left", "right"))
    middle = {"left": (5, 30), "right": (width - 5, 30), "top": (30, 5), "bottom": (30, height - 5)}
    dark = [name for name, place in middle.items() if sum(picture.getpixel(place)) < 3 * 150 and name in opposite(side)]
    assert dark == [side]


def opposite(side: str) -> tuple[str, str]:
    return ("left", "right") if side in ("left", "right") else ("top", "bottom")


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_every_kind_of_jpeg_is_taken(mode, options):
    picture = opened(reencoded(photo(jpeg(mode, **options))))
    assert (picture.mode, picture.size) == ("RGB", (80, 60))
    dark, light = picture.getpixel((10, 30)), picture.getpixel((70, 30))
    assert max(abs(value - 90) for value in dark) < 12
    assert min(light) > 240


def profile_of_another_screen() -> bytes:
    """sRGB with red and blue exchanged: further from sRGB than any camera's profile."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = data.find(b"rXYZ"), data.find(b"bXYZ")
    data[red : red + 4], data[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(data)


@pytest.mark.parametrize("side", [40, 4000])
def test_colors_of_another_profile_stay_as_they_look(side):
    content = io.BytesIO()
    Image.new("RGB", (side, 20), (230, 20, 20)).save(content, "JPEG", icc_profile=profile_of_another_screen())

    kept = opened(reencoded(upload("plant.jpg", content.getvalue())))

    assert "icc_profile" not in kept.info
    red, _, blue = kept.getpixel((5, 5))
    assert red < 80 < 180 < blue


@pytest.mark.parametrize("profile", [b"no profile", b""])
def test_a_broken_profile_is_ignored(profile):
    content = io.BytesIO()
    Image.new("RGB", (40, 20), (230, 20, 20)).save(content, "JPEG", icc_profile=profile)
    red, _, blue = opened(reencoded(upload("plant.jpg", content.getvalue()))).getpixel((5, 5))
    assert blue < 80 < 180 < red


@pytest.mark.parametrize("name", ["plant.jpg", "PLANT.JPG", "plant.jpeg", "Plant.JpEg"])
def test_the_case_of_the_ending_does_not_matter(name):
    assert reencoded(photo(name=name))


def test_a_large_photo_is_made_smaller():
    picture = opened(reencoded(photo(jpeg("L", (MAX_SIDE * 2, 40)))))
    assert picture.size == (MAX_SIDE, 20)


def test_what_hangs_on_behind_a_photo_is_cut_off():
    """A file that is a photo to one program and an archive or a page to another."""
    for other in (packed("evil.exe"), HTML, SCRIPT):
        kept = reencoded(photo(jpeg() + other))
        assert other[:20] not in kept
        assert b"evil" not in kept
        assert kept.endswith(b"\xff\xd9")


REFUSED = {
    "a script": SCRIPT,
    "a program": EXE,
    "a page": HTML,
    "a PDF": PDF,
    "a PNG": PNG,
    "a GIF": GIF,
    "a page that begins like a photo": b"\xff\xd8\xff\xe0" + HTML,
    "an empty file": b"",
    "the head of a photo": JPEG,
    "half a photo": jpeg()[:400],
    "a bomb": claiming(60_000, 60_000),
    "a smaller bomb": claiming(9_000, 9_000),
    "nothing at all to see": claiming(0, 0),
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_is_no_photo_is_refused_by_name(content):
    with pytest.raises(RefusedFile, match="“plant.jpg” (can't be read as a JPEG photo|has too many pixels)"):
        reencoded(photo(content))


@pytest.mark.parametrize("name", ["plant.png", "plant", "plant.jpg.exe", "jpg", "plant.jpg "])
def test_another_ending_is_refused(name):
    upload = photo()
    upload._name = name  # past Django's own stripping
    with pytest.raises(RefusedFile, match=r"is not a JPEG photo\. Save it as JPEG"):
        reencoded(upload)


def test_thirty_megabytes_are_refused_unread():
    upload = photo(jpeg() + bytes(30 * 1024 * 1024))
    with pytest.raises(RefusedFile, match="“plant.jpg” is larger than 10 MB"):
        reencoded(upload)
    assert upload.tell() == 0


@pytest.mark.filterwarnings("ignore::UserWarning")  # of a broken EXIF part
def test_a_broken_photo_is_taken_or_refused_and_breaks_nothing():
    """Bytes changed and cut at random; the camera's part is at the front, where a decoder trusts most."""
    chance = random.Random(7)  # noqa: S311
    sent = from_a_camera()
    outcomes = set()
    for _ in range(300):
        broken = bytearray(sent)
        for _ in range(chance.randint(1, 10)):
            broken[chance.randrange(2, chance.choice([200, 400, len(sent)]))] = chance.randrange(256)
        try:
            outcomes.add(bool(reencoded(photo(bytes(broken)))))
        except RefusedFile:
            outcomes.add("refused")
    assert outcomes == {True, "refused"}
