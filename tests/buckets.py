"""A bucket on this machine: an S3 server that asks for signed requests."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.embedded.child import accepts_tcp
from workers.embedded.leash import Leash
from workers.embedded.postgres import free_port

BUCKET, PREFIX = "luochui", "files"
URL = f"s3://{BUCKET}/{PREFIX}"
READY_SECONDS_MAX = 60.0
KEY, SECRET = "a-key-of-the-tests", "a-secret-of-the-tests"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where it is and how it is reached."""

    folder: Path
    """Its objects as files, as an operator of the server sees them."""
    access: Mapping[str, str]
    """The AWS_ variables of whoever may use it."""

    def digests(self) -> set[str]:
        """The names of its objects, without their folders."""
        return {file.name for file in self.folder.rglob("*") if len(file.name) == 64}


@contextmanager
def a_bucket(folder: Path) -> Iterator[Bucket]:
    """A running server with one empty bucket."""
    (folder / BUCKET).mkdir(parents=True)
    port, leash = free_port(), Leash()
    server = subprocess.Popen(
        [sys.executable, "-m", "nanio", "serve", "--data-dir", str(folder), "--port", str(port),
         "--host", "127.0.0.1", "--log-level", "error", "--no-access-log"],
        env={**os.environ, "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET},
    )  # fmt: skip
    leash.hold(server.pid)
    try:
        is_ready, deadline = accepts_tcp(port), time.monotonic() + READY_SECONDS_MAX
        while not is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the S3 server of the tests did not start")
            time.sleep(0.05)
        yield Bucket(
            folder / BUCKET,
            {
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "AWS_ALLOW_HTTP": "true",
            },
        )
    finally:
        leash.let_go(server.pid)
        server.terminate()
        server.wait()
        leash.close()
