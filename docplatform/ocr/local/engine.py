"""The OCR engine: RapidOCR with the models its wheel carries, one thread, nothing downloaded.

Belongs here: configuring the engine and refusing configurations that would reach for the network. Doesn't: what is done
with what it finds (``recognition``).

RapidOCR downloads a model whose file is missing or differs from its checksum; it doesn't where a path is given. So the
three bundled files are named, and must be there.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from docplatform.errors import ConfigurationError
from docplatform.settings import ReadingSettings

DETECTION_SIDE = 960
"""Long side at which text is looked for (pixels)."""
BUNDLED_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}

_PACKAGES = ("rapidocr", "onnxruntime", "opencv-python-headless")


def load_engine(reading: ReadingSettings, models: Path | None = None) -> Any:
    """The engine, loaded.

    Args:
        reading: the settings.
        models: folder of the models; default: the one in RapidOCR's package.

    Raises:
        ConfigurationError: a bundled model is missing, so that the engine would have to download it.
    """
    import cv2
    import rapidocr

    cv2.setNumThreads(1)
    folder = models or Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(params=engine_options(reading) | model_paths(folder))


def engine_fingerprint(reading: ReadingSettings) -> str:
    """Engine, versions, models and options that can change what is recognised on an image, as a short stable string."""
    from importlib.metadata import version

    packages = ",".join(f"{name}={version(name)}" for name in _PACKAGES)
    options = sorted(engine_options(reading).items())
    digest = hashlib.sha256(f"{packages};{sorted(BUNDLED_MODELS.items())};{options}".encode()).hexdigest()[:12]
    return f"rapidocr-{version('rapidocr')}:{digest}"


def engine_options(reading: ReadingSettings) -> dict[str, Any]:
    """RapidOCR's parameters, but for the paths of the models."""
    return {
        "Global.log_level": "critical",
        "Global.max_side_len": reading.ocr_max_side,
        "Global.return_word_box": True,
        "Det.limit_type": "max",
        "Det.limit_side_len": DETECTION_SIDE,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
    }


def model_paths(folder: Path) -> dict[str, str]:
    """The parameters that name the bundled models. Raises ``ConfigurationError`` where one is missing."""
    missing = [name for name in BUNDLED_MODELS.values() if not (folder / name).is_file()]
    if missing:
        raise ConfigurationError(
            f"OCR models {', '.join(missing)} are not in {folder}, and docplatform downloads none. "
            "Install the wheel rapidocr==3.10.0 anew: it carries them."
        )
    return {f"{stage}.model_path": str(folder / name) for stage, name in BUNDLED_MODELS.items()}
