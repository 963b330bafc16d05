"""Letters leave by a file sink: one .eml a letter in <state>/mail."""

import asyncio
import os
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from auction.people.mailing import Letter, LetterKind, mark_sent
from auction.people.proving import FactorKey
from auction.store.unit import Unit
from workers.wiring import Context

SENDER: Final = "no-reply@luochui.invalid"
_SUBJECTS: Final = {
    LetterKind.CONFIRM_MAIL: "落槌：确认邮箱 / Confirm your mail address",
    LetterKind.RESET: "落槌：重设密码 / Reset your password",
    LetterKind.CHANGED: "落槌：密码已更改 / Your password was changed",
    LetterKind.IDENTITY_OPENED: "落槌：您的竞买身份曾被查明 / Your identity was opened",
}
_TEXTS: Final = {
    LetterKind.CONFIRM_MAIL: (
        "请打开下面的链接确认邮箱，一天内有效。\n"
        "Open this link within a day to confirm your mail address.\n\n{link}\n"
    ),
    LetterKind.RESET: (
        "请在 30 分钟内打开下面的链接设置新密码；第二重验证不变。如非本人操作，请忽略。\n"
        "Open this link within 30 minutes to set a new password; your second factor stays.\n"
        "If it was not you, ignore this letter.\n\n{link}\n"
    ),
    LetterKind.CHANGED: (
        "您的密码已更改，其他设备均已退出。如非本人操作，请立即联系法院。\n"
        "Your password was changed and other devices were signed out.\n"
        "If it was not you, tell the court at once.\n{link}"
    ),
    LetterKind.IDENTITY_OPENED: (
        "竞价结束前，两名监督人员经审批查明过您的竞买身份。详见您收到的文书：\n"
        "Before the close two supervisors had your identity as a bidder opened, on record.\n"
        "What was done stands in the paper that you were sent:\n\n{link}\n"
    ),
}
_PATHS: Final = {LetterKind.CONFIRM_MAIL: "/mail/confirm/", LetterKind.RESET: "/reset/"}


async def send_letter(context: Context, work: Unit, *, letter_id: str) -> None:
    """Write one letter; a second time writes the same file again."""
    letter = await work.load(Letter, UUID(letter_id))
    key = FactorKey(context.settings.factor_key_path)
    link = ""
    if letter.kind is LetterKind.IDENTITY_OPENED:
        link = f"{context.settings.web_origin}/inbox"
    if letter.challenge_id is not None:
        place = _PATHS[letter.kind] + key.letter_secret(letter.challenge_id)
        link = context.settings.web_origin + place
    message = EmailMessage()
    message["From"], message["To"] = SENDER, letter.address
    message["Subject"] = _SUBJECTS[letter.kind]
    message["Date"] = format_datetime(letter.made_at)
    message["Message-ID"] = f"<{letter.id}@luochui.invalid>"
    message.set_content(_TEXTS[letter.kind].format(link=link))
    folder = context.settings.mail_path
    await asyncio.to_thread(_keep, folder / f"{letter.id}.eml", bytes(message))
    await mark_sent(work, letter.id)


def _keep(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(content)
