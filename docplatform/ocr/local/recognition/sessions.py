"""Inference sessions: ONNX Runtime and OpenVINO behind one port.

Belongs here: loading a network and running it on one thread. Doesn't: which network (``engine``), what goes in and out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from docplatform.ocr.local.recognition.arrays import Batch


class Session(Protocol):
    """A loaded network with one input and one output."""

    def run(self, batch: Batch) -> Batch:
        """Its output for a batch. Valid until the next call."""
        ...


class OnnxRuntimeSession:
    """Implements ``Session`` on ONNX Runtime's CPU provider."""

    def __init__(self, model: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.enable_cpu_mem_arena = True
        self._session: Any = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: Batch) -> Batch:
        """See ``Session``."""
        return self._session.run(None, {self._input: batch})[0]  # type: ignore[no-any-return]

    def characters(self) -> list[str]:
        """The alphabet that a recognition network carries."""
        return str(self._session.get_modelmeta().custom_metadata_map["character"]).splitlines()
