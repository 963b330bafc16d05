"""Files as people hand them in: a report, a photograph taken by a telephone."""

import io

import pikepdf
from PIL import Image

GPS_IFD, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F


def a_report() -> bytes:
    """The smallest PDF that is one."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


def taken(kind: str, size: tuple[int, int] = (60, 40), turned: int = 1) -> bytes:
    """A photograph as a telephone writes it: with its place, its maker and which way is up."""
    exif = Image.Exif()
    exif[MAKER] = "SpyPhone"
    exif[ORIENTATION] = turned
    exif.get_ifd(GPS_IFD)[2] = (30.0, 15.0, 27.0)
    out = io.BytesIO()
    saving = {"comment": b"from my home"} if kind == "JPEG" else {}
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, exif=exif, xmp=b"<x:secret/>", **saving)
    return out.getvalue()
