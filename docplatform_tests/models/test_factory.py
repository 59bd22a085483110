from __future__ import annotations

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject
from docplatform.models.factory import trainer_for


def project(**changes: object) -> ModelProject:
    values = {"name": "loans", "kind": "entity_recognition", "customer": "acme", "labels": "loans/labels.json"}
    return ModelProject.model_validate({**values, **changes})


@pytest.mark.parametrize("kind", TaskKind)
def test_every_local_kind_has_its_trainer_with_its_own_fingerprint(kind: TaskKind) -> None:
    trainer = trainer_for(project(kind=kind))
    assert trainer.kind is kind
    others = {trainer_for(project(kind=other)).fingerprint for other in TaskKind if other is not kind}
    assert trainer.fingerprint not in others


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backend": "azure"}, "Project loans: there is no model backend 'azure'.*backend: local"),
        ({"trainer": {"l3": 1}}, "Project loans: .*l3: no such option.*Options there are: l1, l2"),
    ],
)
def test_what_can_not_be_trained_is_refused_with_what_can(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        trainer_for(project(**changes))


def test_loading_the_ports_and_the_factory_loads_no_heavy_library(run_python) -> None:
    code = (
        "import sys, docplatform.models.base, docplatform.models.factory, docplatform.registry.local\n"
        "import docplatform.evaluation.drift, docplatform.evaluation.gate\n"
        "print([m for m in ('numpy', 'sklearn', 'scipy', 'pycrfsuite', 'matplotlib', 'obstore') if m in sys.modules])"
    )
    assert run_python(code).strip() == "[]"
