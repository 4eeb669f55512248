"""`returns plot`: the figure of a sweep, as it is natural or as it is asked for."""

from __future__ import annotations

from pathlib import Path


def plot_command(
    folder: Path,
    /,
    *,
    measure: str | None = None,
    x: str | None = None,
    y: str | None = None,
    out: Path | None = None,
) -> int:
    """Draw a sweep: a dose–response with its break-even, a map of two levers, or a tornado.

    Parameters
    ----------
    folder
        Results folder of a finished sweep.
    measure
        Id of a measure (returns list measures); without one, the net saving where there is a baseline.
    x
        Factor of the horizontal axis; without one, what suits the design.
    y
        Factor of the vertical axis: with both a map, with x alone a line.
    out
        File to write (.png, .svg or .pdf); without one, figure.png, .svg and .pdf in the folder.
    """
    from abm.inputs.parameters import InputError
    from experiments.report.sweep_figures import FILES, sweep_figure, write_figure
    from experiments.report.sweep_reading import checked_factor, read

    kinds = tuple(Path(name).suffix for name in FILES)
    if out is not None and out.suffix not in kinds:
        raise InputError("--out", str(out), "a file whose name ends in " + ", ".join(kinds))
    reading = read(folder, measure)
    if y is not None and x is None:
        raise InputError("--y", y, "only beside --x")
    across = None if x is None else checked_factor(reading, x, "--x")
    up = None if y is None else checked_factor(reading, y, "--y")
    if up is not None and (up == across or reading.method != "grid"):
        raise InputError("--y", y, "another factor than --x, of a grid")
    figure = sweep_figure(reading, across, up)
    if figure is None:
        allowed = "a factor of the design for the horizontal axis: " + "; ".join(reading.factors or ("it has none",))
        raise InputError("--x", x, allowed)
    paths = [out] if out is not None else [folder / name for name in FILES]
    write_figure(figure, paths)
    print("Figure: " + ", ".join(map(str, paths)))
    return 0
