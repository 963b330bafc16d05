"""Parse and check input into command arguments.

A form is a frozen msgspec.Struct whose fields are named as the inputs are:

    class OpenCase(msgspec.Struct, frozen=True):
        number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
        principal: Money                  # yuan as people write them
        kind: DebtKind                    # a StrEnum offered by a select
        term_ends_on: date
        opens_at: datetime                # datetime-local, Beijing time
        is_movable: bool = False          # a checkbox
        note: str = ""
        bearers: list[str] = []           # several inputs of one name

    form = await read_form(request, OpenCase)

All wrong fields are collected into one FormErrors. A page need not catch it, nor a Refusal:
the shell shows the page of the form again with the input kept and a summary on top that
takes focus (web/routes.py). Uploads: `data = await form_file(request, "report")`, or one of
`form_pdf`, `form_pdf_if_any`, `form_pictures` and `form_text`, which judge the bytes and name the
fault at the field.
"""

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.store.intake.documents import check_pdf, check_text
from auction.store.intake.pictures import clean_picture
from web.signin import FORM_KINDS

StructT = TypeVar("StructT", bound=msgspec.Struct)
DayT = TypeVar("DayT", bound=date)
YEARS = range(1900, 2200)
FILE_BYTES_MAX = 50 * 1024 * 1024
_BOUND = re.compile(r"(?:length|`int`) (>=|<=) (-?\d+)")
_COMPLAINTS = (
    ("length >=", "form.too_short"),
    ("length <=", "form.too_long"),
    ("`int` >=", "form.too_small"),
    ("`int` <=", "form.too_large_number"),
    ("matching regex", "form.wrong_shape"),
    ("`int`", "form.not_a_number"),
    ("`float`", "form.not_a_number"),
    ("RFC3339", "form.not_a_date"),
    ("date", "form.not_a_date"),
    ("UUID", "form.not_offered"),
    ("enum", "form.not_offered"),
)


class FormErrors(Exception):
    """Every field that is wrong, by name, with the code of its sentence."""

    def __init__(
        self, errors: Mapping[str, str], limits: Mapping[str, Mapping[str, int]] | None = None
    ) -> None:
        super().__init__(dict(errors))
        self.errors = dict(errors)
        self.limits = dict(limits or {})
        """What the sentence of a field names: the least or the most that is taken."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One uploaded file, read whole."""

    filename: str
    content_type: str
    data: bytes


async def read_form(request: Request, form: type[StructT]) -> StructT:
    """Read the posted fields as `form`, or raise FormErrors with all that is wrong."""
    posted = await request.form()
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    limits: dict[str, Mapping[str, int]] = {}
    for field in msgspec.structs.fields(form):
        try:
            values[field.name] = _field_value(posted, field)
        except _Wrong as wrong:
            errors[field.name], limits[field.name] = wrong.code, wrong.limits
    if errors:
        raise FormErrors(errors, limits)
    return form(**values)


async def refuse_nul(request: Request) -> None:
    """Refuse NUL in path, query or form: no keyboard types it, and PostgreSQL holds none."""
    texts = [request.url.path, *(text for _, text in request.query_params.multi_items())]
    if request.headers.get("content-type", "").startswith(FORM_KINDS):
        posted = (await request.form()).multi_items()
        texts += [text for _, text in posted if isinstance(text, str)]
    if any("\x00" in text for text in texts):
        raise Refusal("not_understood")


async def form_file(request: Request, name: str) -> Uploaded:
    """Return the one file uploaded as `name`, or raise FormErrors."""
    files = await form_files(request, name)
    if not files:
        raise FormErrors({name: "form.file_missing"})
    return files[0]


async def form_files(request: Request, name: str) -> list[Uploaded]:
    """Return every file uploaded as `name`; none is an empty list."""
    posted = await request.form()
    found: list[Uploaded] = []
    for item in posted.getlist(name):
        if not isinstance(item, UploadFile) or not item.filename:
            continue
        data = await item.read()
        if not data:
            raise FormErrors({name: "form.file_missing"})
        if len(data) > FILE_BYTES_MAX:
            most = {"most": FILE_BYTES_MAX // 1024**2}
            raise FormErrors({name: "form.file_too_large"}, {name: most})
        found.append(Uploaded(item.filename, item.content_type or "", data))
    return found


async def form_pdf(request: Request, name: str) -> Uploaded:
    """Return the one PDF uploaded as `name`, known to be harmless."""
    given = await form_pdf_if_any(request, name)
    if given is None:
        raise FormErrors({name: "form.file_missing"})
    return given


async def form_pdf_if_any(request: Request, name: str) -> Uploaded | None:
    """The same where a file may be left out: None when it was."""
    given = await form_files(request, name)
    if not given:
        return None
    with _at_field(name):
        await check_pdf(given[0].data)
    return given[0]


async def form_text(request: Request, name: str) -> Uploaded:
    """Return the one text file uploaded as `name`."""
    given = await form_file(request, name)
    with _at_field(name):
        check_text(given.data)
    return given


async def form_pictures(request: Request, name: str, most: int) -> list[tuple[Uploaded, bytes]]:
    """Return each picture uploaded as `name`, as it came and as it may be shown."""
    given = await form_files(request, name)
    if not given or len(given) > most:
        raise FormErrors({name: "form.too_many_files" if given else "form.file_missing"})
    with _at_field(name):
        return [(upload, await clean_picture(upload.data)) for upload in given]


@contextmanager
def _at_field(name: str) -> Iterator[None]:
    """A refused file is a wrong field: the form is shown again with the reason beside it."""
    try:
        yield
    except Refusal as no:
        raise FormErrors({name: no.code}) from no


class _Wrong(Exception):
    def __init__(self, code: str, limits: Mapping[str, int] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.limits = limits or {}


def _field_value(posted: FormData, field: msgspec.structs.FieldInfo) -> object:
    texts = [text.strip() for text in posted.getlist(field.name) if isinstance(text, str)]
    wanted = field.type
    if get_origin(wanted) in {list, tuple, Sequence}:
        return _list_value(texts, wanted)
    text = texts[0] if texts else ""
    if wanted is bool:
        return text.lower() in {"on", "true", "1", "yes"}
    if text:
        return _value(text, wanted)
    if field.default is not msgspec.NODEFAULT:
        return field.default
    if type(None) in get_args(wanted):
        return None
    raise _Wrong("form.required")


def _list_value(texts: list[str], wanted: object) -> object:
    inner = get_args(wanted)[0]
    allows_blank = type(None) in get_args(inner)
    made: list[object] = []
    for text in texts:
        if text or inner is str:
            made.append(_value(text, inner))
        elif allows_blank:
            made.append(None)
        else:
            raise _Wrong("form.required")
    return made if get_origin(wanted) is not tuple else tuple(made)


def _value(text: str, wanted: object) -> object:
    plain = _without_none(wanted)
    if plain is Money:
        return _money(text)
    if plain is datetime:
        return _instant(text)
    try:
        value = msgspec.convert(text, plain, strict=False)
    except msgspec.ValidationError as wrong:
        raise _Wrong(_complaint(str(wrong), plain), _limits(str(wrong))) from wrong
    return _in_our_time(value) if isinstance(value, date) else value


def _in_our_time(day: DayT) -> DayT:
    """A day that periods can be counted from; the calendar's first and last year leave no room."""
    if day.year not in YEARS:
        raise _Wrong("form.not_a_date")
    return day


def _without_none(wanted: object) -> object:
    if get_origin(wanted) not in {Union, types.UnionType}:
        return wanted
    kept = [part for part in get_args(wanted) if part is not type(None)]
    return kept[0] if len(kept) == 1 else wanted


def _limits(words: str) -> dict[str, int]:
    """The bound that msgspec names: `Expected `str` of length >= 2`, `Expected `int` >= 1`."""
    found = _BOUND.search(words)
    return {"least" if found[1] == ">=" else "most": int(found[2])} if found else {}


def _complaint(words: str, wanted: object) -> str:
    if get_origin(wanted) is Literal:
        return "form.not_offered"
    if get_origin(wanted) is Annotated and "pattern" in words:
        return "form.wrong_shape"
    return next((code for part, code in _COMPLAINTS if part in words), "form.not_valid")


def _money(text: str) -> Money:
    try:
        return Money.parse(text)
    except ValueError as wrong:
        raise _Wrong("form.not_an_amount") from wrong


def _instant(text: str) -> datetime:
    """A datetime-local input, or ISO 8601 with a zone; without one it is Beijing time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise _Wrong("form.not_a_date") from wrong
    return _in_our_time(moment if moment.tzinfo else moment.replace(tzinfo=BEIJING))
