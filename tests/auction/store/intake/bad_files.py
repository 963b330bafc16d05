"""Sixty files that nobody should be able to hand in, made here by code, each with its reason."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from auction.store.intake.documents import MEGABYTE, Fault
from auction.store.intake.pictures import PictureFault

Change = Callable[[pikepdf.Pdf], None]


def a_pdf(change: Change | None = None, *, pages: int = 1, **saving: object) -> bytes:
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        if change is not None:
            change(pdf)
        out = io.BytesIO()
        pdf.save(out, **saving)
        return out.getvalue()


def opens_with(action: Dictionary) -> bytes:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = action

    return a_pdf(change)


def annotated(**fields: object) -> bytes:
    def change(pdf: pikepdf.Pdf) -> None:
        box = Array([0, 0, 9, 9])
        note = Dictionary(Type=Name.Annot, Rect=box, **fields)
        pdf.pages[0].Annots = Array([pdf.make_indirect(note)])

    return a_pdf(change)


def attached(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.exe"] = b"MZ"


def filespec_only(pdf: pikepdf.Pdf) -> None:
    held = Stream(pdf, b"x", Type=Name.EmbeddedFile)
    pdf.Root.Hidden = pdf.make_indirect(held)


def xfa(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=Stream(pdf, b"<xdp/>"))


def script_tree(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([])))


def page_action(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=pikepdf.String("x()")))


def sized(*box: float) -> bytes:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].MediaBox = Array(list(box))

    return a_pdf(change)


def with_stream(data: bytes, **fields: object) -> bytes:
    def change(pdf: pikepdf.Pdf) -> None:
        held = Stream(pdf, b"")
        held.write(data, filter=fields.get("filter", Name.FlateDecode))
        pdf.Root.Extra = pdf.make_indirect(held)

    return a_pdf(change, compress_streams=False)


def zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    block = bytes(MEGABYTE)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def many_streams() -> bytes:
    bomb = zeros(200)

    def change(pdf: pikepdf.Pdf) -> None:
        for number in range(3):
            held = Stream(pdf, b"")
            held.write(bomb, filter=Name.FlateDecode)
            pdf.Root[f"/Extra{number}"] = pdf.make_indirect(held)

    return a_pdf(change, compress_streams=False)


def crowded(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Crowd = Array([pdf.make_indirect(Dictionary()) for _ in range(100_001)])


def a_zip(name: str = "a.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, "x")
    return out.getvalue()


def a_picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (90, 120, 150)).save(out, kind)
    return out.getvalue()


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 99, 200)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def boasting_png(width: int, height: int) -> bytes:
    """A few bytes that claim to be an enormous picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def text_bomb_png() -> bytes:
    """A small picture with a comment that unpacks to 80 MB."""
    good = a_picture("PNG")
    data = b"k\0\0" + zeros(80)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + data))
    return good[:33] + chunk + good[33:]


GOOD = a_pdf()
JS = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
ENCRYPTED = pikepdf.Encryption(owner="o", user="")
LOCKED = pikepdf.Encryption(owner="o", user="u")

PDFS: dict[str, tuple[bytes, Fault]] = {
    "nothing": (b"", Fault.EMPTY),
    "over 50 MB": (GOOD + bytes(50 * MEGABYTE), Fault.TOO_LARGE),
    "a Windows program": (b"MZ\x90\0" + bytes(60), Fault.PROGRAM),
    "a Linux program": (b"\x7fELF\x02\x01" + bytes(60), Fault.PROGRAM),
    "a shell script": (b"#!/bin/sh\nrm -r /\n", Fault.PROGRAM),
    "a ZIP": (a_zip(), Fault.ARCHIVE),
    "a gzip": (b"\x1f\x8b\x08" + bytes(20), Fault.ARCHIVE),
    "a RAR": (b"Rar!\x1a\x07\0" + bytes(20), Fault.ARCHIVE),
    "a 7z": (b"7z\xbc\xaf\x27\x1c" + bytes(20), Fault.ARCHIVE),
    "a docx": (a_zip("word/document.xml"), Fault.OFFICE),
    "an old doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), Fault.OFFICE),
    "an RTF": (rb"{\rtf1 x}", Fault.OFFICE),
    "a web page": (b"<!DOCTYPE html><p>x", Fault.WEB_PAGE),
    "an SVG": (b'\n <svg xmlns="http://www.w3.org/2000/svg"/>', Fault.WEB_PAGE),
    "a picture": (a_picture("PNG"), Fault.PICTURE),
    "plain words": (b"report.pdf", Fault.NOT_PDF),
    "data before it": (b"\n\n" + GOOD, Fault.DATA_BEFORE),
    "a program before it": (b"\0\0" + GOOD, Fault.DATA_BEFORE),
    "cut off": (GOOD[: len(GOOD) // 2], Fault.NO_END),
    "a head alone": (b"%PDF-1.7", Fault.NO_END),
    "data after it": (GOOD + bytes(4096), Fault.DATA_AFTER),
    "a ZIP after it": (GOOD + a_zip(), Fault.TWO_TYPES),
    "a web page after it": (GOOD + b"<script>x()</script>", Fault.TWO_TYPES),
    "a web page within its head": (
        GOOD.replace(b"%PDF-1.3", b"%PDF-1.3\n<html>", 1), Fault.TWO_TYPES,
    ),
    "a head and an end": (b"%PDF-1.7\nnothing\n%%EOF\n", Fault.BROKEN),
    "encrypted, open to all": (a_pdf(encryption=ENCRYPTED), Fault.ENCRYPTED),
    "with a password": (a_pdf(encryption=LOCKED), Fault.ENCRYPTED),
    "a script when opened": (opens_with(JS), Fault.SCRIPT),
    "a script on a page": (a_pdf(page_action), Fault.SCRIPT),
    "a tree of scripts": (a_pdf(script_tree), Fault.SCRIPT),
    "a script under a disguised name": (
        opens_with(JS).replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53"),
        Fault.SCRIPT,
    ),
    "a script inside an object stream": (
        a_pdf(page_action, object_stream_mode=pikepdf.ObjectStreamMode.generate), Fault.SCRIPT,
    ),
    "a program is started": (
        opens_with(Dictionary(S=Name.Launch, F=pikepdf.String("cmd.exe"))), Fault.LAUNCH,
    ),
    "a link starts a program": (
        annotated(Subtype=Name.Link, A=Dictionary(S=Name.Launch)), Fault.LAUNCH,
    ),
    "an attachment": (a_pdf(attached), Fault.EMBEDDED),
    "a hidden attachment": (a_pdf(filespec_only), Fault.EMBEDDED),
    "an attachment as a note": (annotated(Subtype=Name.FileAttachment), Fault.EMBEDDED),
    "rich media": (annotated(Subtype=Name.RichMedia), Fault.MEDIA),
    "a film": (annotated(Subtype=Name.Movie), Fault.MEDIA),
    "a 3D model": (annotated(Subtype=Name("/3D")), Fault.MEDIA),
    "a sound": (opens_with(Dictionary(S=Name.Sound)), Fault.MEDIA),
    "a dynamic form": (a_pdf(xfa), Fault.XFA),
    "sends a form": (
        opens_with(Dictionary(S=Name.SubmitForm, F=pikepdf.String("http://x"))), Fault.REMOTE,
    ),
    "fetches data": (opens_with(Dictionary(S=Name.ImportData)), Fault.REMOTE),
    "goes to another file": (opens_with(Dictionary(S=Name.GoToR)), Fault.REMOTE),
    "no page": (a_pdf(pages=0), Fault.NO_PAGES),
    "501 pages": (a_pdf(pages=501), Fault.TOO_MANY_PAGES),
    "a page without width": (sized(0, 0, 0, 800), Fault.PAGE_SIZE),
    "a page a mile wide": (sized(0, 0, 4_500_000, 800), Fault.PAGE_SIZE),
    "100,001 objects": (a_pdf(crowded), Fault.TOO_MANY_OBJECTS),
    "one stream of 300 MB": (with_stream(zeros(300)), Fault.BOMB),
    "a stream packed twice": (with_stream(zlib.compress(zeros(300))), Fault.BOMB),
    "three streams of 200 MB": (many_streams(), Fault.BOMB),
}  # fmt: skip

PICTURES: dict[str, tuple[bytes, Fault | PictureFault]] = {
    "nothing": (b"", Fault.EMPTY),
    "over 20 MB": (a_picture("JPEG") + bytes(20 * MEGABYTE), PictureFault.TOO_LARGE),
    "a PDF": (GOOD, Fault.PDF),
    "an SVG": (b"<svg/>", Fault.WEB_PAGE),
    "a GIF": (a_picture("GIF"), PictureFault.UNKNOWN),
    "a BMP": (a_picture("BMP"), PictureFault.UNKNOWN),
    "a TIFF": (a_picture("TIFF"), PictureFault.UNKNOWN),
    "plain words": (b"photo.jpg", PictureFault.UNKNOWN),
    "a head alone": (b"\xff\xd8\xff\xe0", PictureFault.BROKEN),
    "a PNG cut off": (a_picture("PNG")[:-30], PictureFault.BROKEN),
    "a JPEG cut off": (a_picture("JPEG")[:-120], PictureFault.BROKEN),
    "a WebP cut off": (a_picture("WEBP")[:-12], PictureFault.BROKEN),
    "a claim of 3,600 million pixels": (boasting_png(60_000, 60_000), PictureFault.PIXELS),
    "a claim of 64 million pixels": (boasting_png(8000, 8000), PictureFault.PIXELS),
    "a comment of 80 MB": (text_bomb_png(), PictureFault.BROKEN),
    "a moving PNG": (moving("PNG"), PictureFault.MOVING),
    "a moving WebP": (moving("WEBP"), PictureFault.MOVING),
    "a ZIP after a JPEG": (a_picture("JPEG") + a_zip(), PictureFault.TWO_TYPES),
    "a web page after a PNG": (a_picture("PNG") + b"<script>", PictureFault.TWO_TYPES),
}

TEXTS: dict[str, tuple[bytes, Fault]] = {
    "nothing": (b"", Fault.EMPTY),
    "over 8 MB": (b"a," * (5 * MEGABYTE), Fault.TOO_LARGE),
    "a spreadsheet": (a_zip("xl/workbook.xml"), Fault.OFFICE),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), Fault.OFFICE),
    "a PDF": (GOOD, Fault.PDF),
    "a spreadsheet that is a web page": (b"<html><table>", Fault.WEB_PAGE),
    "bytes": (b"a,b\0c", Fault.NOT_TEXT),
}
