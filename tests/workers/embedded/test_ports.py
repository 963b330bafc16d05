"""A state folder keeps the ports it was first served on, as its papers print them."""

import socket
from pathlib import Path

from workers.embedded.place import kept_ports


def test_a_state_comes_back_on_its_first_ports_while_they_are_free(tmp_path: Path) -> None:
    first = kept_ports(tmp_path, {})
    assert kept_ports(tmp_path, {}) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first.web))
        assert kept_ports(tmp_path, {}) != first
    assert kept_ports(tmp_path, {}) == first
