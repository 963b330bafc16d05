"""Answer with the bytes of a stored file: its type is told by its content, never by its name."""

from urllib.parse import quote

from starlette.responses import Response

_KINDS = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"%PDF-", "application/pdf", "pdf"),
)
_RIFF, _WEBP = b"RIFF", b"WEBP"
_KEPT_SECONDS = 86400


def kind_of(content: bytes) -> tuple[str, str]:
    """Media type and suffix by the first bytes; anything unknown is mere bytes."""
    if content[:4] == _RIFF and content[8:12] == _WEBP:
        return "image/webp", "webp"
    for start, kind, suffix in _KINDS:
        if content.startswith(start):
            return kind, suffix
    return "application/octet-stream", "bin"


def file_answer(
    content: bytes, name: str, *, is_public: bool = False, is_shown: bool = True
) -> Response:
    """Send a file: pictures are shown if they may be, all else is saved as `name` and a suffix."""
    kind, suffix = kind_of(content)
    how = "inline" if is_shown and kind.startswith("image/") else "attachment"
    answer = Response(content, media_type=kind)
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(f'{name}.{suffix}')}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if is_public:
        answer.headers["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return answer
