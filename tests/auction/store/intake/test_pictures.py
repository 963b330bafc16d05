"""A photograph loses where and with what it was taken, and nothing one can see."""

import io

from PIL import Image

from auction.store.intake.pictures import SIDE_MAX, clean_picture
from tests.uploads import taken


async def test_no_metadata_is_left() -> None:
    for kind in ("JPEG", "WEBP", "PNG"):
        original = taken(kind)
        assert b"SpyPhone" in original
        made = await clean_picture(original)
        with Image.open(io.BytesIO(made)) as shown:
            assert shown.format == kind
            assert not shown.getexif()
            assert not {"exif", "xmp", "comment", "icc_profile"} & set(shown.info)
        for trace in (b"SpyPhone", b"secret", b"from my home", b"GPS"):
            assert trace not in made


async def test_it_stands_upright_without_the_mark_that_turned_it() -> None:
    made = await clean_picture(taken("JPEG", (60, 40), turned=6))
    with Image.open(io.BytesIO(made)) as shown:
        assert shown.size == (40, 60)


async def test_a_giant_is_made_smaller_and_a_small_one_left() -> None:
    with Image.open(io.BytesIO(await clean_picture(taken("JPEG", (4000, 1000))))) as shown:
        assert shown.size == (SIDE_MAX, SIDE_MAX // 4)
    with Image.open(io.BytesIO(await clean_picture(taken("JPEG")))) as shown:
        assert shown.size == (60, 40)


async def test_the_same_picture_twice_is_the_same_bytes() -> None:
    original = taken("JPEG")
    assert await clean_picture(original) == await clean_picture(original)


async def test_what_is_seen_through_stays_so() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(await clean_picture(out.getvalue()))) as shown:
        assert shown.getpixel((4, 4)) == (0, 0, 0, 0)
