"""What a sweep tells while it runs."""

from __future__ import annotations

import io
import time

from experiments.running.progress import Lines


def test_lines_tell_rate_time_left_and_failures() -> None:
    stream = io.StringIO()
    lines = Lines(stream, every=0.0)
    lines.start(100, 10, "2 threads")
    time.sleep(0.01)
    lines.update(40, 3, 100)
    assert "100 runs, 10 of them done already" in stream.getvalue()
    assert "a second" in stream.getvalue()
    assert "left" in stream.getvalue()
    assert "3 failed" in stream.getvalue()
