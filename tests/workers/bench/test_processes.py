import os
import subprocess
import sys

from workers.bench.processes import processor_seconds, pss_megabytes, tree_of


def test_a_process_is_counted_with_what_it_started() -> None:
    waiting = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as child:
        try:
            found = tree_of([os.getpid()])
            assert {os.getpid(), child.pid} <= found
            assert tree_of([child.pid]) == {child.pid}
            assert 0 < pss_megabytes([child.pid]) < pss_megabytes(found)
        finally:
            child.communicate(b"\n")


def test_processor_time_only_grows() -> None:
    before = processor_seconds([os.getpid()])
    sum(range(2_000_000))
    assert processor_seconds([os.getpid()]) >= before > 0


def test_a_process_that_is_gone_holds_nothing() -> None:
    assert pss_megabytes([2**22 + 1]) == 0
    assert processor_seconds([2**22 + 1]) == 0
