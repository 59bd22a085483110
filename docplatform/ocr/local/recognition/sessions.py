"""Inference sessions: ONNX Runtime and OpenVINO behind one port.

Belongs here: loading a network and running it on one thread. Doesn't: which network, which of the two (``engine``).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from docplatform.errors import ConfigurationError
from docplatform.ocr.local.recognition.arrays import Batch
from docplatform.ocr.memory import on_release

_SMALLEST = 32
"""Pixels of a side: what the networks shrink by."""


class Session(Protocol):
    """A loaded network with one input and one output."""

    width_step: int
    """Widths of lines are rounded up to it: as fine as the engine bears."""

    def run(self, batch: Batch) -> Batch:
        """Its output for a batch; valid until the next call."""
        ...


class AlphabetSession(Session, Protocol):
    """A recognition network, which carries its alphabet."""

    def characters(self) -> list[str]:
        """The characters of its classes, in their order."""
        ...


class OnnxRuntimeSession:
    """Implements ``AlphabetSession`` on ONNX Runtime's CPU provider."""

    width_step = 8  # the network's own: any shape costs the same

    def __init__(self, model: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # No plan of memory for each shape: over pages of eight sizes a process took 252 MB without, 364 with them.
        options.enable_mem_pattern = False
        _share_memory()
        options.add_session_config_entry("session.use_env_allocators", "1")
        self._session: Any = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        _release_through(self)

    def run(self, batch: Batch) -> Batch:
        """See ``Session``."""
        return self._session.run(None, {self._input: batch})[0]  # type: ignore[no-any-return]

    def characters(self) -> list[str]:
        """See ``AlphabetSession``."""
        return str(self._session.get_modelmeta().custom_metadata_map["character"]).splitlines()

    def shrink_arena(self) -> None:
        """Free what the shared arena doesn't hold at the end of a run: of the smallest image there can be."""
        import numpy as np
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        _, *shape = self._session.get_inputs()[0].shape
        smallest = [size if isinstance(size, int) else _SMALLEST for size in shape]
        self._session.run(None, {self._input: np.zeros((1, *smallest), np.float32)}, options)


_released_through: list[OnnxRuntimeSession] = []


def _release_through(session: OnnxRuntimeSession) -> None:
    """Have the arena shrunk when memory is asked for: one network, the first one loaded, does it for all."""
    if not _released_through:
        _released_through.append(session)
        on_release(session.shrink_arena)


@lru_cache(maxsize=1)
def _share_memory() -> None:
    """Let the networks of a process take their memory from one arena, which grows by what is asked for.

    They run one after the other. Arenas of their own took 71 MB more (343 against 272 MB with pages of 960 x 960).
    """
    import onnxruntime

    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    same_as_requested = 1
    arena = onnxruntime.OrtArenaCfg({"arena_extend_strategy": same_as_requested})
    onnxruntime.create_and_register_allocator(where, arena)


class OpenVinoSession:
    """Implements ``AlphabetSession`` on OpenVINO's CPU plugin.

    Its import loads ``openvino_telemetry``, which reports conversions of models. Reading and running one reports
    nothing: a test watches every connection.
    """

    width_step = 32
    """OpenVINO prepares its kernels anew for each shape. With a step of 8 a worker grew by 260 MB over 117 widths."""

    def __init__(self, model: Path) -> None:
        try:
            import openvino
        except ImportError as error:
            raise ConfigurationError(
                "OpenVINO isn't installed. Install docplatform[openvino] or unset DOCPLATFORM_READING__OCR_ENGINE."
            ) from error
        core: Any = openvino.Core()
        self._model: Any = core.read_model(model)
        options = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "CPU_RUNTIME_CACHE_CAPACITY": 0}
        self._request: Any = core.compile_model(self._model, "CPU", options).create_infer_request()

    def run(self, batch: Batch) -> Batch:
        """See ``Session``."""
        self._request.infer([batch])
        return self._request.get_output_tensor().data  # type: ignore[no-any-return]

    def characters(self) -> list[str]:
        """See ``AlphabetSession``."""
        return str(self._model.get_rt_info()["framework"]["character"].value).splitlines()
