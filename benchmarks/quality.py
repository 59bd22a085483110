"""Does the quality grade tell how many characters will be wrong? Mean character error rate by grade, and by reason.

    python benchmarks/quality.py [--data ../shared/data] [--drafts 8] [--limit 0] [--dump measures.jsonl]

Generated letters, incident reports and receipts are printed, spoiled with one knob or several, and read; their text is
known exactly. Real receipts and forms are read beside them; their truth is in another order than a reader's now and
then, which adds some errors at every grade. Spearman's rank correlation is that of grade and errors.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docplatform.documents.analyze_result import PageQuality, QualityGrade
from docplatform.documents.media_types import sniff
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.samples.content import Draft, printed_text
from docplatform.samples.incidents import write_incident
from docplatform.samples.letters import write_letter
from docplatform.samples.options import SampleOptions
from docplatform.samples.receipts import write_receipt
from docplatform.samples.scan import scan_pages
from docplatform.settings import LimitSettings, ReadingSettings

from reading import DEFAULT_DATA  # isort: skip
from scans import edit_distance, forms, receipts  # isort: skip

if TYPE_CHECKING:
    from PIL.Image import Image

KNOBS: tuple[Mapping[str, float], ...] = (
    {},
    *({"resolution": value} for value in (0.7, 0.5, 0.4, 0.3)),
    *({"blur": value} for value in (1.5, 2.5, 3.5, 5.0)),
    *({"contrast": value} for value in (0.4, 0.2, 0.1)),
    *({"noise": value} for value in (15, 35, 60)),
    *({"skew": value} for value in (4, 9, 16)),
    {"resolution": 0.6, "blur": 1.2, "noise": 15},
    {"contrast": 0.3, "noise": 12, "blur": 1.5},
    {"resolution": 0.45, "blur": 1.0, "contrast": 0.5, "skew": 3},
)
"""``resolution``: share of 150 dpi; ``blur``: sigma in pixels; ``contrast``: share of full; ``noise``: grey levels."""


@dataclass(frozen=True)
class Measured:
    """A page that was read."""

    family: str
    knobs: Mapping[str, float]
    quality: PageQuality
    cer: float


def spoiled(page: Image, knobs: Mapping[str, float], rng: random.Random) -> bytes:
    """A clean page as a bad scanner delivers it, as PNG."""
    import numpy as np
    from PIL import Image, ImageFilter

    page = page.rotate(knobs.get("skew", 0), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    page = page.filter(ImageFilter.GaussianBlur(knobs.get("blur", 0)))
    scale = knobs.get("resolution", 1)
    page = page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.BOX)
    pixels = 255 - (255 - np.asarray(page, dtype=np.float32)) * knobs.get("contrast", 1)
    noise = np.random.default_rng(rng.getrandbits(64)).standard_normal(pixels.shape, dtype=np.float32)
    pixels = pixels - 10 + noise * knobs.get("noise", 2)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def generated(drafts: int) -> Iterator[tuple[str, Mapping[str, float], bytes, str]]:
    clean = SampleOptions(noise=0, skew_degrees=0, rotated_share=0)
    writers = (write_letter, write_incident, write_receipt)
    for number in range(drafts):
        rng = random.Random(number)
        draft: Draft = writers[number % len(writers)](rng, False, clean)
        pages = scan_pages(draft, rng, clean)
        if len(pages) != 1:
            continue
        for knobs in KNOBS:
            yield "generated", knobs, spoiled(pages[0], knobs, rng), printed_text(draft.blocks)


def real(data: Path, limit: int) -> Iterator[tuple[str, Mapping[str, float], bytes, str]]:
    for family, load in (("receipts", receipts), ("forms", forms)):
        for scan in load(data, limit or 10**9):
            yield family, {}, scan.data, scan.truth


def measure(reader: LocalDocumentReader, data: bytes, truth: str) -> tuple[PageQuality, float]:
    result = reader.read(DocumentSource("page", data, sniff(data).mime))
    wanted, found = (" ".join(text.upper().split()) for text in (truth, result.content))
    quality = result.pages[0].quality
    assert quality is not None
    return quality, min(1.0, edit_distance(wanted, found) / len(wanted))


def table(family: str, pages: list[Measured]) -> None:
    from scipy.stats import spearmanr

    shown = [f"{family:<10} {len(pages):>4} pages"]
    for grade in QualityGrade:
        errors = [page.cer for page in pages if page.quality.grade is grade]
        shown.append(f"{grade} {sum(errors) / len(errors):.3f} ({len(errors)})" if errors else f"{grade} -")
    grades = [list(QualityGrade).index(page.quality.grade) for page in pages]
    rank = spearmanr(grades, [page.cer for page in pages]).statistic if len(set(grades)) > 1 else float("nan")
    print("  ".join(shown), f" rank correlation {rank:.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--drafts", type=int, default=8, help="generated documents, each spoiled in every way")
    parser.add_argument("--limit", type=int, default=0, help="real documents of each kind (0: all)")
    parser.add_argument("--dump", type=Path, help="write every page's measures and errors here, a JSON line each")
    options = parser.parse_args()
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())
    pages: list[Measured] = []
    for family, knobs, data, truth in [*generated(options.drafts), *real(options.data, options.limit)]:
        pages.append(Measured(family, knobs, *measure(reader, data, truth)))
        if options.dump:
            with options.dump.open("a") as file:
                file.write(json.dumps(vars(pages[-1]) | {"quality": pages[-1].quality.model_dump()}) + "\n")
    for family in dict.fromkeys(page.family for page in pages):
        table(family, [page for page in pages if page.family == family])
    reasons = dict.fromkeys(reason for page in pages for reason in page.quality.reasons)
    for reason in reasons:
        table(reason, [page for page in pages if reason in page.quality.reasons])


if __name__ == "__main__":
    main()
