"""What to label next: how many more examples labels probably need, and the documents that teach most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docplatform.evaluation.learning import estimates
from docplatform.labels.projects import ModelProject
from docplatform.training.choosing import DocumentChooser, NextDocuments
from docplatform.training.datasets import latest_dataset
from docplatform.training.learning import load_learning_curve

SHOWN = 10
"""Documents that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelingAdvice:
    """What to label next."""

    needs: tuple[str, ...]
    """What the newest dataset's learning curve says of each label, the worst first; none where it wasn't drawn."""
    next: NextDocuments
    """Those that ``labels push`` would hand over, but for those that it has handed over before."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be said."""
        return not self.needs and not self.next.documents

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "examples_needed": list(self.needs),
            "next_documents": [{"name": each.name, "reason": each.reason} for each in self.next.documents],
            "waiting": self.next.waiting,
            "in_review": self.next.in_review,
        }


def labeling_advice(project: ModelProject, chooser: DocumentChooser) -> LabelingAdvice:
    """What is known of it now: nothing is trained or predicted for it.

    Raises:
        ConfigurationError: the label file is missing or can't be parsed.
    """
    dataset = latest_dataset(chooser.lake, project.name)
    curve = load_learning_curve(chooser.lake, project.name, dataset.dataset_version) if dataset else ()
    return LabelingAdvice(
        needs=tuple(one.advice for one in estimates(curve)), next=chooser.choose(project, SHOWN, predict=False)
    )
