"""From the meter's counter to joules per token: windows are cut out of readings, tokens are divided in, curves are fitted."""
import bisect
import math


class Counter:
    """Readings of one GPU's energy counter. All times are seconds of this host's monotonic clock, which agent and bench share."""

    def __init__(self):
        self.times, self.joules_read = [], []

    def add(self, seconds, counter_uj):
        if counter_uj is None:
            raise ValueError("this GPU has no energy counter (NVML has one from Volta on, with drivers from 396 on)")
        if self.times and seconds <= self.times[-1]:
            return  # a reading that is known
        if self.joules_read and counter_uj * 1e-6 < self.joules_read[-1]:
            raise ValueError("the energy counter went back: the driver was loaded anew; run the measurement again")
        self.times.append(seconds)
        self.joules_read.append(counter_uj * 1e-6)

    def covers(self, t0, t1):
        return bool(self.times) and self.times[0] <= t0 and t1 <= self.times[-1]

    def at(self, seconds):
        """Joules at a moment between two readings, in proportion."""
        i = bisect.bisect_left(self.times, seconds)
        if self.times[i] == seconds:
            return self.joules_read[i]
        share = (seconds - self.times[i - 1]) / (self.times[i] - self.times[i - 1])
        return self.joules_read[i - 1] + share * (self.joules_read[i] - self.joules_read[i - 1])

    def joules(self, t0, t1):
        """Of the window from t0 to t1. The readings must reach over both ends, and lie dense enough for its length."""
        if not t0 < t1:
            raise ValueError("a window ends after it begins")
        if not self.covers(t0, t1):
            reach = f"from {self.times[0]:.1f} to {self.times[-1]:.1f} s" if self.times else "nowhere"
            raise ValueError(f"the readings reach {reach}, not over {t0:.1f} to {t1:.1f} s")
        first, last = bisect.bisect_right(self.times, t0) - 1, bisect.bisect_left(self.times, t1)
        widest = max(b - a for a, b in zip(self.times[first:last], self.times[first + 1 : last + 1]))
        if widest > 0.2 * (t1 - t0):
            raise ValueError(f"the meter paused for {widest:.1f} s in a window of {t1 - t0:.1f} s: what ran at its ends is not known")
        return self.at(t1) - self.at(t0)


def row(batch, tokens, t0, t1, joules, idle_watts):
    """One line of the results. J/token are all joules of the card, idle included, as in the catalog's curves."""
    seconds = t1 - t0
    return {"batch": batch, "tokens": tokens, "seconds": seconds, "joules": joules, "watts": joules / seconds,
            "tokens_per_second": tokens / seconds, "joules_per_token": joules / tokens,
            "joules_per_token_above_idle": max(0.0, joules - idle_watts * seconds) / tokens}  # fmt: skip


def fit(rows):
    """(a, b) of joules per token = a + b / batch, least squares of the relative error, neither under 0; None for under two batches."""
    if len({r["batch"] for r in rows}) < 2:
        return None
    points = [(1 / r["joules_per_token"], 1 / r["batch"] / r["joules_per_token"]) for r in rows]  # times a, times b: should be 1
    aa, ab, bb = sum(x * x for x, _ in points), sum(x * y for x, y in points), sum(y * y for _, y in points)
    ra, rb = sum(x for x, _ in points), sum(y for _, y in points)
    determinant = aa * bb - ab * ab
    a, b = (ra * bb - rb * ab) / determinant, (rb * aa - ra * ab) / determinant
    if a < 0:
        return 0.0, rb / bb
    return (ra / aa, 0.0) if b < 0 else (a, b)


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def agreement(rows, expected):
    """Median of |measured / expected - 1| over the rows that have an expectation; None without one."""
    errors = [abs(r["joules_per_token"] / expected[r["batch"]] - 1) for r in rows if r["batch"] in expected]
    return median(errors) if errors and all(math.isfinite(e) for e in errors) else None
