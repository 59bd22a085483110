"""The OCR engine: the networks that RapidOCR's wheel carries, on one thread, nothing downloaded.

Belongs here: finding the networks, choosing what runs them. Doesn't: running them (``sessions``), the stages.

RapidOCR downloads a model whose file is missing or differs from its checksum. So its code isn't run: the three files
its wheel carries are opened here, and must be there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from docplatform.errors import ConfigurationError
from docplatform.ocr.local.recognition.decoding import Decoder
from docplatform.ocr.local.recognition.sessions import AlphabetSession, OnnxRuntimeSession, OpenVinoSession, Session
from docplatform.settings import OcrEngine

BUNDLED_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}
_CPU_INFO = Path("/proc/cpuinfo")
_GAINING = {"avx512_bf16", "amx_bf16"}
"""Features of CPUs on which OpenVINO gains: 1.55 x less CPU a page where there is bf16. On AVX2 alone it doesn't: 29 to
37 ms for 320 pixels of a line against 30 to 34 of ONNX Runtime, 40 where every line has a width of its own, and 270 MB
more after a detection of 960 x 960."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The loaded networks."""

    detection: Session
    classification: Session
    recognition: Session
    decoder: Decoder


def chosen(engine: OcrEngine, cpu_info: Path = _CPU_INFO) -> OcrEngine:
    """``auto`` becomes OpenVINO where it is installed and this machine gains by it, else ONNX Runtime."""
    if engine is not OcrEngine.AUTO:
        return engine
    is_gaining = cpu_info.exists() and not _GAINING.isdisjoint(cpu_info.read_text().split())
    return OcrEngine.OPENVINO if is_gaining and find_spec("openvino") else OcrEngine.ONNXRUNTIME


@lru_cache(maxsize=2)
def load_engine(runtime: OcrEngine = OcrEngine.ONNXRUNTIME, folder: Path | None = None) -> Engine:
    """The engine, loaded once in a process.

    Args:
        runtime: what runs the networks, ``ONNXRUNTIME`` or ``OPENVINO``.
        folder: the folder of the models; default: the one in RapidOCR's package.

    Raises:
        ConfigurationError: a model that the wheel carries is missing, or OpenVINO isn't installed.
    """
    import cv2

    cv2.setNumThreads(1)
    paths = model_paths(folder or bundled_folder())
    open_session: Callable[[Path], AlphabetSession] = (
        OpenVinoSession if runtime is OcrEngine.OPENVINO else OnnxRuntimeSession
    )
    detection, classification, recognition = (open_session(paths[stage]) for stage in ("Det", "Cls", "Rec"))
    return Engine(detection, classification, recognition, Decoder(recognition.characters()))


def bundled_folder() -> Path:
    """The models in RapidOCR's package, which isn't imported: it brings 60 MB that nothing here needs."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "rapidocr isn't installed: its wheel carries the OCR models. Install rapidocr==3.10.0."
        )
    return Path(spec.origin).parent / "models"


def model_paths(folder: Path) -> dict[str, Path]:
    """The files of the networks. Raises ``ConfigurationError`` where one is missing."""
    missing = [name for name in BUNDLED_MODELS.values() if not (folder / name).is_file()]
    if missing:
        raise ConfigurationError(
            f"OCR models {', '.join(missing)} are not in {folder}, and docplatform downloads none. "
            "Install the wheel rapidocr==3.10.0 anew: it carries them."
        )
    return {stage: folder / name for stage, name in BUNDLED_MODELS.items()}
