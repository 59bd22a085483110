"""Pictures of an evaluation as PNG bytes, drawn without a display and without matplotlib's global state."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from docplatform.evaluation.learning import TARGET_F1, CurvePoint
from docplatform.evaluation.metrics import Evaluation
from docplatform.evaluation.mistakes import NONE, Confusion

MAX_CLASSES = 30
"""Most classes drawn one by one: of more, those with the most mistakes are drawn and the others put together."""
MAX_CURVES = 6
_OTHERS = "(others)"
_MAX_NAME = 28
_INK, _MUTED, _GRID = "#1f2937", "#6b7280", "#e5e7eb"
_GOOD, _BAD = "#2563eb", "#dc6803"
_DPI = 110


def confusion_matrix_png(evaluation: Evaluation) -> bytes:
    """The confusion matrix: rows are labels, columns predictions, colour the share of the row.

    Raises:
        ValueError: where the evaluation has none (multi-label classification).
    """
    if evaluation.confusion is None:
        raise ValueError(f"An evaluation of {evaluation.kind.value} has no confusion matrix")
    confusion = _condensed(evaluation.confusion)
    count = max(1, len(confusion.labels))
    cell = 0.62 if count <= 12 else 0.42
    figure, axes = _figure(2.6 + cell * count, 2.0 + cell * count)
    shares = [[n / max(1, sum(row)) for n in row] for row in confusion.counts] or [[0.0]]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
    size = 9 if count <= 12 else 7
    for i, row in enumerate(confusion.counts):
        for j, n in enumerate(row):
            if n:
                axes.text(
                    j, i, str(n), ha="center", va="center", fontsize=size, color="white" if shares[i][j] > 0.6 else _INK
                )
    names = [_shortened(name) for name in confusion.labels]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_xticks([i - 0.5 for i in range(1, count)], minor=True)
    axes.set_yticks([i - 0.5 for i in range(1, count)], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel("predicted", color=_MUTED)
    axes.set_ylabel("labelled", color=_MUTED)
    axes.spines[:].set_visible(False)
    return _png(figure, axes, "Confusion matrix", _summary(evaluation))


def label_f1_png(evaluation: Evaluation, threshold: float | None = None) -> bytes:
    """F1 per label as bars, with the number of labelled items, and the gate's threshold as a line."""
    scores = sorted(evaluation.labels, key=lambda s: (s.f1, s.label))
    hidden = max(0, len(scores) - MAX_CLASSES)
    drawn = scores[:MAX_CLASSES][::-1]
    figure, axes = _figure(7.2, 1.7 + 0.34 * max(2, len(drawn)))
    colors = [_BAD if threshold is not None and s.f1 < threshold else _GOOD for s in drawn]
    axes.barh(range(len(drawn)), [s.f1 for s in drawn], color=colors, height=0.68, zorder=2)
    for i, score in enumerate(drawn):
        axes.text(1.02, i, f"{score.f1:.2f}", va="center", fontsize=9, color=_INK)
        axes.text(1.12, i, f"n={score.support}", va="center", fontsize=8, color=_MUTED)
    axes.set_yticks(range(len(drawn)), [_shortened(s.label) for s in drawn], fontsize=9)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, max(1, len(drawn)) - 0.4)
    axes.grid(axis="x", color=_GRID, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if threshold is not None:
        axes.axvline(threshold, color=_INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=3)
        axes.text(threshold, -0.62, f"gate {threshold:.2f}", va="top", ha="center", fontsize=8, color=_INK)
        axes.set_xticks([0, 0.25, 0.5, 1.0], ["0", "0.25", "0.5", "1"], color=_MUTED, fontsize=8)
    note = f" · the {MAX_CLASSES} lowest of {len(scores)} labels" if hidden else ""
    return _png(figure, axes, "F1 per label", _summary(evaluation) + note)


def reliability_png(evaluation: Evaluation) -> bytes:
    """How often assertions of some confidence are right, against the diagonal where they should lie.

    Raises:
        ValueError: where nothing was asserted.
    """
    calibration = evaluation.calibration
    if calibration is None:
        raise ValueError("Nothing was asserted, so there is no confidence to draw")
    figure, axes = _figure(5.2, 4.4)
    filled = [b for b in calibration.bins if b.count]
    most = max(b.count for b in filled)
    axes.plot([0, 1], [0, 1], color=_MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.bar(
        [(b.low + b.high) / 2 for b in filled],
        [b.count / most * 0.18 for b in filled],
        width=0.09,
        color=_GRID,
        zorder=1,
    )
    axes.plot(
        [b.confidence for b in filled], [b.accuracy for b in filled], color=_GOOD, marker="o", markersize=5, zorder=3
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence (bars: how many)", color=_MUTED, fontsize=9)
    axes.set_ylabel("share that is right", color=_MUTED, fontsize=9)
    axes.spines[:].set_color(_GRID)
    auroc = "" if calibration.auroc is None else f" · AUROC {calibration.auroc:.3f}"
    return _png(figure, axes, "Reliability", f"{calibration.count} assertions · ECE {calibration.error:.3f}{auroc}")


def learning_curve_png(points: Sequence[CurvePoint]) -> bytes:
    """F1 over training examples: the average in bold, the ``MAX_CURVES`` lowest labels beside it."""
    by_label: dict[str, list[CurvePoint]] = {}
    for point in sorted(points, key=lambda point: point.share):
        by_label.setdefault(point.label, []).append(point)
    average = by_label.pop("micro avg", [])
    lowest = sorted(by_label.items(), key=lambda item: (item[1][-1].f1, item[0]))[:MAX_CURVES]
    figure, axes = _figure(6.4, 4.0)
    for name, own in lowest:
        axes.plot([p.share for p in own], [p.f1 for p in own], linewidth=1, marker=".", label=_shortened(name))
    axes.plot([p.share for p in average], [p.f1 for p in average], color=_INK, linewidth=2.4, marker="o", label="micro")
    axes.axhline(TARGET_F1, color=_MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_ylim(0, 1.02)
    axes.set_xticks([0.2, 0.4, 0.6, 0.8, 1.0], ["20 %", "40 %", "60 %", "80 %", "100 %"], fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    axes.spines[:].set_color(_GRID)
    return _png(figure, axes, "Learning curve", "micro F1 on the test split by share of the training split")


def _condensed(confusion: Confusion) -> Confusion:
    """At most ``MAX_CLASSES`` classes: those with the most mistakes, then one row and column for the rest."""
    labels, counts = confusion.labels, confusion.counts
    if len(labels) <= MAX_CLASSES:
        return confusion
    columns = list(zip(*counts, strict=True))
    mistakes = [sum(counts[i]) + sum(columns[i]) - 2 * counts[i][i] for i in range(len(labels))]
    worst = sorted(range(len(labels)), key=lambda i: (-mistakes[i], i))[: MAX_CLASSES - 1]
    kept = sorted(worst, key=lambda i: (labels[i] == NONE, i))
    groups = [[i] for i in kept] + [[i for i in range(len(labels)) if i not in set(kept)]]
    return Confusion(
        (*(labels[i] for i in kept), _OTHERS),
        tuple(tuple(_block(counts, rows, cols) for cols in groups) for rows in groups),
    )


def _block(counts: Sequence[Sequence[int]], rows: Sequence[int], columns: Sequence[int]) -> int:
    return sum(counts[i][j] for i in rows for j in columns)


def _summary(evaluation: Evaluation) -> str:
    return f"{evaluation.basis} · micro F1 {evaluation.micro.f1:.3f} · macro F1 {evaluation.macro.f1:.3f}"


def _shortened(name: str) -> str:
    """A name that fits, cut in the middle; ``$`` is kept from being read as mathematics."""
    half = (_MAX_NAME - 1) // 2
    text = name if len(name) <= _MAX_NAME else f"{name[:half]}…{name[-half:]}"
    return text.replace("$", r"\$")


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _png(figure: Any, axes: Any, title: str, subtitle: str) -> bytes:
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", color=_INK, pad=24)
    axes.text(0, 1, subtitle, transform=_above(axes), fontsize=9, color=_MUTED, va="bottom")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", pad_inches=0.2, metadata={"Software": None})
    return buffer.getvalue()


def _above(axes: Any) -> Any:
    from matplotlib.transforms import ScaledTranslation

    return axes.transAxes + ScaledTranslation(0, 8 / 72, axes.figure.dpi_scale_trans)
