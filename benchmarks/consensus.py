"""Is any text lost that the usual readers find? The words of our reader beside those of several others, file by file.

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install "markitdown[docx,xlsx,xls,pptx,outlook]" python-docx python-pptx docx2txt pypdf \
        pdfminer.six pdfplumber beautifulsoup4 lxml odfpy striprtf ebooklib xlrd extract-msg python-calamine kreuzberg
    apt-get install poppler-utils antiword catdoc      # if wanted
    python benchmarks/consensus.py --peers /tmp/peers/bin/python [--data ../shared/data/zoo …]

A word (letters and digits, compatibility-normalised, case-folded) belongs to the consensus of a file if two readers
find it, or one that only takes the format's own text elements. It counts as ours also where we have its letters in a
row but part words elsewhere (hyphens, kerning). Images are left out: this isn't about OCR, which is switched off on our
side by reading image pages with a recogniser that finds nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import describe
from numpy.typing import NDArray

from docplatform.documents import media_types
from docplatform.documents.media_types import sniff
from docplatform.errors import DocPlatformError
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PEERS = Path(__file__).with_name("consensus_peers.py")
_TEXTS = {media_types.TXT, media_types.CSV, media_types.MARKDOWN, media_types.JSON, media_types.XML}
_SHOWN = 12


@dataclass(frozen=True)
class Comparison:
    """One file: the words that others agree on, and which of them we don't have."""

    path: Path
    kind: str
    agreed: frozenset[str]
    lost: tuple[str, ...]
    failed: tuple[str, ...]


def files(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            media_type = sniff(path.read_bytes(), path.name)
            if media_type in media_types.READABLE and not media_type.mime.startswith("image/"):
                yield path, "txt" if media_type in _TEXTS else media_type.extension


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"[^\W_]+", _plain(text)) if len(word) > 1}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\xad", "").casefold()


class _NoRecognizer:
    """Finds nothing: images don't count here."""

    fingerprint = "none"

    def recognize(self, image: NDArray[np.uint8]) -> PageElements:
        height, width = image.shape[:2]
        return PageElements([], width, height, "pixel")


def our_texts(paths: Iterable[Path]) -> dict[Path, str]:
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())
    reader._recognizer = _NoRecognizer()  # type: ignore[assignment]
    texts = {}
    for path in paths:
        data = path.read_bytes()
        try:
            texts[path] = reader.read(DocumentSource(str(path), data, sniff(data, path.name).mime)).content
        except DocPlatformError as error:
            print(f"refused\t{path.name}\t{error}")
    return texts


def peer_texts(python: str, kinds: dict[Path, str]) -> tuple[dict[Path, dict[str, str]], dict[Path, list[str]]]:
    lines = "".join(f"{kind}\t{path}\n" for path, kind in kinds.items())
    run = subprocess.run([python, str(PEERS), "read"], input=lines, capture_output=True, text=True, check=True)
    texts: dict[Path, dict[str, str]] = defaultdict(dict)
    failed: dict[Path, list[str]] = defaultdict(list)
    for line in run.stdout.splitlines():
        if not line.startswith("{"):  # a library that prints
            continue
        entry = json.loads(line)
        if "text" in entry:
            texts[Path(entry["path"])][entry["reader"]] = entry["text"]
        else:
            failed[Path(entry["path"])].append(f"{entry['reader']} ({entry['error']})")
    return texts, failed


def compare(path: Path, kind: str, ours: str, peers: dict[str, str], failed: Iterable[str]) -> Comparison:
    votes: dict[str, int] = defaultdict(int)
    for reader, text in peers.items():
        for word in words(text):
            votes[word] += 2 if reader.startswith("exact:") else 1
    agreed = frozenset(word for word, count in votes.items() if count >= 2)
    found = words(ours)
    letters = "".join(re.findall(r"[^\W_]+", _plain(ours)))
    lost = sorted(word for word in agreed - found if len(word) < 4 or word not in letters)
    return Comparison(path, kind, agreed, tuple(lost), tuple(failed))


def report(comparisons: list[Comparison]) -> None:
    for each in comparisons:
        if each.lost:
            more = f" and {len(each.lost) - _SHOWN} more" if len(each.lost) > _SHOWN else ""
            print(f"lost {len(each.lost)} of {len(each.agreed)}\t{each.path}\t{' '.join(each.lost[:_SHOWN])}{more}")
    print("\n| kind | files | files with a loss | consensus words | of which we have |\n|---|---|---|---|---|")
    for kind in [*sorted({each.kind for each in comparisons}), "all"]:
        group = [each for each in comparisons if kind in (each.kind, "all")]
        agreed, lost = sum(len(each.agreed) for each in group), sum(len(each.lost) for each in group)
        share = f"{100 * (1 - lost / agreed):.2f} %" if agreed else "-"
        print(f"| {kind} | {len(group)} | {sum(bool(each.lost) for each in group)} | {agreed} | {share} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", default=[DEFAULT_DATA / "zoo", DEFAULT_DATA / "invoices"])
    parser.add_argument("--peers", default=sys.executable, help="The Python that has the peers.")
    parser.add_argument("--kind", nargs="*", help="Only these kinds (docx, html, …).")
    arguments = parser.parse_args()
    listed = json.loads(subprocess.run([arguments.peers, str(PEERS), "list"], capture_output=True, check=True).stdout)
    print(describe("lxml", "openpyxl", "pypdfium2"))
    print(f"peers: {', '.join(listed['installed'])}; not installed: {', '.join(listed['missing']) or 'none'}\n")
    kinds = {path: kind for path, kind in files(arguments.data) if not arguments.kind or kind in arguments.kind}
    ours = our_texts(kinds)
    texts, failed = peer_texts(arguments.peers, kinds)
    comparisons = [
        compare(path, kind, ours[path], texts[path], failed[path]) for path, kind in kinds.items() if path in ours
    ]
    report(comparisons)
    sys.exit(1 if any(each.lost for each in comparisons) else 0)


if __name__ == "__main__":
    main()
