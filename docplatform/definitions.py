"""The code location that ``workspace.yaml`` and ``[tool.dg]`` point at."""

from docplatform.defs.build import build_defs
from docplatform.settings import load_settings

defs = build_defs(load_settings())
