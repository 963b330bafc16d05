"""Drawn stand-ins for photographs: the demonstration has no camera and its flat no walls."""

from io import BytesIO

from PIL import Image, ImageDraw

SIZE = (960, 640)
_SKY, _FAR, _WALL, _EDGE, _GLASS, _LAWN = (
    "#dbe6ee", "#b9c7d1", "#e9e2d6", "#a59a88", "#7d93a5", "#a8b89a",
)  # fmt: skip
_FLOOR, _PLASTER, _FRAME, _DOOR = "#c9b49a", "#eeebe4", "#8d8474", "#b08c66"


def house() -> bytes:
    """A block of flats in the morning, as JPEG."""
    image = Image.new("RGB", SIZE, _SKY)
    pen = ImageDraw.Draw(image)
    for left, top in ((0, 300), (160, 250), (700, 280), (840, 330)):
        pen.rectangle((left, top, left + 150, 520), fill=_FAR)
    pen.rectangle((0, 510, *SIZE), fill=_LAWN)
    pen.rectangle((280, 110, 680, 540), fill=_WALL, outline=_EDGE, width=3)
    for floor in range(6):
        for bay in range(5):
            left, top = 305 + bay * 74, 135 + floor * 66
            pen.rectangle((left, top, left + 48, top + 40), fill=_GLASS, outline=_EDGE, width=2)
    pen.rectangle((455, 478, 505, 540), fill=_DOOR, outline=_EDGE, width=2)
    return _jpeg(image)


def room() -> bytes:
    """An empty room with a window, as JPEG."""
    image = Image.new("RGB", SIZE, _PLASTER)
    pen = ImageDraw.Draw(image)
    pen.polygon(((0, 640), (180, 450), (780, 450), (960, 640)), fill=_FLOOR)
    for corner in ((180, 450, 0, 640), (780, 450, 960, 640), (180, 90, 0, 0), (780, 90, 960, 0)):
        pen.line(corner, fill=_FRAME, width=2)
    pen.rectangle((180, 90, 780, 450), outline=_FRAME, width=2)
    pen.rectangle((330, 150, 630, 370), fill=_SKY, outline=_FRAME, width=8)
    pen.line((480, 150, 480, 370), fill=_FRAME, width=6)
    pen.rectangle((330, 310, 630, 366), fill=_LAWN)
    return _jpeg(image)


def _jpeg(image: Image.Image) -> bytes:
    held = BytesIO()
    image.save(held, "JPEG", quality=80)
    return held.getvalue()
