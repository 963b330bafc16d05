"""Every file that enters or leaves the platform, with an example that the real checks accept."""

from functools import cache
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from web.views import FOLDER, render

EXAMPLES: Final = FOLDER / "static" / "formats"


async def formats_page(request: Request) -> Response:
    """Columns, units, an example and the command that checks it, file by file."""
    return render(request, "help/formats.html", examples=examples())


@cache
def examples() -> dict[str, str]:
    """The text of every example, by its file's name."""
    return {path.name: path.read_bytes().decode("utf-8-sig") for path in EXAMPLES.iterdir()}


ROUTES: list[BaseRoute] = [Route("/formats", formats_page)]
