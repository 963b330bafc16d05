"""What is kept secret before the close, from whom, and what secrecy cannot do."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from web.views import render


async def privacy_page(request: Request) -> Response:
    """Who knows what and when, and the risks that remain, in plain words (网拍18)."""
    return render(request, "help/privacy.html")


ROUTES: list[BaseRoute] = [Route("/privacy", privacy_page)]
