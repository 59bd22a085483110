"""Names for the arrays that the stages of recognition pass on. Nothing else belongs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    """Height x width x 3, BGR."""
    Floats = NDArray[np.float64]
    Quads = NDArray[np.float64]
    """n x 4 x 2: corners clockwise, x and y in pixels, from where the text of each starts."""
    Batch = NDArray[np.float32]
else:  # at run time nothing here needs numpy, which workers that never recognise shouldn't load
    Image = Floats = Quads = Batch = Any
