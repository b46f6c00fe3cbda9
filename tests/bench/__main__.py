"""Measure speed and memory at size, as ratios against floors of the same run. `python -m tests.bench --help`.

No test: it ends with 0 and says plainly which bars are missed. The server, the floor and the tool share the machine,
over loopback and without TLS; seconds mean nothing elsewhere.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from tests.bench import bars
from tests.bench.measuring import Bar, serving, table
from tests.bench.startup import starting

SIZES = (1_000, 10_000, 50_000)
QUICK = (1_000, 10_000)
MIDDLE = 10_000
ROUNDS = 5


def options(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    sizes = ",".join(map(str, SIZES))
    parser.add_argument("--sizes", default=sizes, help=f"numbers of apps; the largest is held to the bars ({sizes})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of the fast measurements ({ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="one round at small sizes: whether it works, not how fast")
    parser.add_argument("--slow", action="store_true", help="also pages that cost 1.5 s to render (about 4 minutes)")
    return parser.parse_args(given)


def measure(sizes: Sequence[int], rounds: int, *, slow: bool) -> list[Bar]:
    """All bars, the small sizes first."""
    few = min(rounds, 3)
    found = [*starting(rounds), bars.doubling()]
    for apps in sizes[:-1]:
        with serving(apps) as server:
            found += _tell(bars.size(server, few))
    # The sequential peer takes minutes for more, and of fewer apps nothing can be asked at once.
    with serving(min(sizes[-1], MIDDLE)) as server:
        found += _tell(bars.latency(server, 200, few, peers=few))
        if slow:
            found += _tell([bars.rendering(server, few)])
        else:
            found.append(
                Bar("P2", "1.5 s a page, against plain sockets", "not measured", "<= 1.3x", beside="see --slow")
            )
    with serving(sizes[-1]) as server:
        found += _tell(bars.size(server, few))
        found += _tell(bars.latency(server, 0, rounds, peers=rounds))
        found += _tell(bars.latency(server, 50, rounds, peers=few))
        found += _tell([bars.unchained(server, 50, few)])
        found += _tell(bars.latency(server, 200, few))
        found += _tell(bars.judging(server, rounds))
        found += _tell(bars.reports(server, few))
    found += _tell(bars.month(sizes[-1]))
    return found + _tell(bars.month(sizes[0], events=True))


def _tell(found: list[Bar]) -> list[Bar]:
    print(".", end="", flush=True, file=sys.stderr)
    return found


def main() -> None:
    """Measure, and print the table."""
    given = options()
    sizes = QUICK if given.quick else sorted({int(size) for size in given.sizes.split(",")})
    begun = time.perf_counter()
    found = measure(sizes, 1 if given.quick else given.rounds, slow=given.slow)
    print(file=sys.stderr)
    print(table(sorted(found, key=lambda bar: int(bar.name[1:] or 99))))
    missed = sorted({bar.name for bar in found if bar.met is False})
    print(f"\nmissed: {', '.join(missed) or 'none'}; {time.perf_counter() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
