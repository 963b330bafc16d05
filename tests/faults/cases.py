"""The table of faults: each is one line of `make faults`."""

from tests.faults.course import Case, Size
from tests.faults.half_open import deaden_pages, deaden_queue, deaden_worker
from tests.faults.servers import (
    come_by_both,
    cut_for,
    cut_home_of_two,
    deaden,
    flush_valkey,
    hold_for,
    kill_home_of_two,
    kill_live,
    kill_postgres,
    kill_signers,
    kill_valkey,
    kill_worker,
    nothing,
    step_clock,
    step_clock_before_few,
    worker_clock,
    wrong_machine,
)
from tests.faults.sockets import fall_silent, many_deaf_watchers, vanish_and_repeat

LONG = Size(bidders=64, watchers=8)
SHORT = Size(bidders=12, watchers=3, calm=1.0, is_short=True)

CASES: tuple[Case, ...] = (
    Case("none", "no fault: what the others are held against", nothing, lasts=8),
    Case("live", "kill -9 of the live server, twice", kill_live, lasts_short=9),
    Case("worker", "kill -9 of the worker, three times", kill_worker),
    Case("postgres", "kill -9 of PostgreSQL", kill_postgres, lasts_short=6),
    Case("valkey", "kill -9 of Valkey, away 2 s", kill_valkey),
    Case("flush", "Valkey flushed, four times", flush_valkey),
    Case("signers", "kill -9 of the keepers of keys, away 1 s", kill_signers),
    Case("cut_1", "live cut from PostgreSQL for 1 s", cut_for(1)),
    Case("cut_5", "live cut from PostgreSQL for 5 s", cut_for(5)),
    Case("cut_end", "live cut from PostgreSQL for 12 s, over the end", cut_for(12), lasts=8),
    Case("cut_30", "live cut from PostgreSQL for 30 s", cut_for(30), lasts=36),
    Case("cut_over", "live cut from PostgreSQL for 20 s, over the end", cut_for(20), lasts=8),
    Case("hold_over", "live's line to PostgreSQL silent for 20 s, over the end",
         hold_for(20), lasts=8),
    Case("hold_5", "live's line to PostgreSQL silent for 5 s", hold_for(5)),
    Case("hold_20", "live's line to PostgreSQL silent for 20 s", hold_for(20), lasts=26),
    Case("half_open", "live's connections to PostgreSQL half-open for ever", deaden),
    Case("half_open_worker", "the worker's connections to PostgreSQL half-open among its jobs",
         deaden_worker),
    Case("half_open_queue", "the worker's connections to Valkey half-open among its jobs",
         deaden_queue),
    Case("half_open_pages", "the pages' connections to PostgreSQL half-open while they are asked",
         deaden_pages),
    Case("two", "bidders come in by two live processes", come_by_both, lasts=8, lives=2,
         is_spread=True),
    Case("two_killed", "of two live processes the home killed", kill_home_of_two, lives=2),
    Case("two_cut", "the home cut off with stamped bids, the other takes over",
         cut_home_of_two, lives=2, lasts_short=11),
    Case("worker_clock", "the worker's machine is an hour ahead", worker_clock),
    Case("live_clock", "a second live process on a machine an hour ahead takes over",
         wrong_machine, lives=2),
    Case("clock_2", "PostgreSQL's clock steps +2 s and back", step_clock(2, 0), lasts=18),
    Case("clock_hour", "PostgreSQL's clock steps an hour ahead", step_clock(3600), lasts=18),
    Case("clock_hour_back", "PostgreSQL's clock steps an hour ahead, then 3 s back",
         step_clock(3600, 3597), lasts=22),
    Case("clock_back", "PostgreSQL's clock steps 3 s back", step_clock(-3), lasts=18),
    Case("clock_day_few", "PostgreSQL's clock steps a day ahead before sessions without a crowd",
         step_clock_before_few, lasts=18),
    Case("slow", "500 of 2,000 watchers never read", many_deaf_watchers, lasts=50),
    Case("repeat", "a client sends, vanishes and sends its bid 100 times", vanish_and_repeat),
    Case("silent", "20 half-open sockets of watchers", fall_silent, lasts=12),
)  # fmt: skip
SHORT_NAMES = ("live", "postgres", "two_cut")
"""Those that the suite plays, at small size."""
