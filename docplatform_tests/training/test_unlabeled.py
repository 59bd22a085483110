from __future__ import annotations

from docplatform.documents.predictions import Split
from docplatform.labels.projects import AppliesTo
from docplatform.models.factory import trainer_for
from docplatform.models.local.entities import EntityTrainer
from docplatform.training.datasets import load_examples
from docplatform.training.unlabeled import with_project_texts
from docplatform_tests.training.chains import annotate, freeze


def given(ready, **options: object) -> tuple[EntityTrainer, set[str]]:
    """An entity trainer with the project's texts, and the texts of the test split."""
    home, project = ready
    annotate(home, project)
    dataset = freeze(home, project)
    trainer = with_project_texts(EntityTrainer.from_options(options), project, home.platform.lake, dataset)
    assert isinstance(trainer, EntityTrainer)
    tests = load_examples(home.platform.lake, project.name, dataset.dataset_version, [Split.TEST])
    return trainer, {example.text for example in tests}


def test_texts_of_the_project_are_given_without_those_of_the_test_split(ready) -> None:
    trainer, tests = given(ready)
    assert tests
    assert len(trainer.unlabeled) > 20
    assert tests.isdisjoint(trainer.unlabeled)


def test_no_more_text_is_given_than_asked_for(ready) -> None:
    trainer, _ = given(ready, unlabeled_characters=300)
    assert sum(map(len, trainer.unlabeled)) == 300


def test_documents_the_project_does_not_apply_to_are_not_looked_at(ready) -> None:
    home, project = ready
    other = project.model_copy(update={"applies_to": AppliesTo(customers=["nobody"])})
    trainer, _ = given((home, other))
    assert trainer.unlabeled == ()


def test_a_trainer_that_learns_from_labels_alone_is_left_as_it_is(ready) -> None:
    home, project = ready
    annotate(home, project)
    trainer = trainer_for(project)
    assert with_project_texts(trainer, project, home.platform.lake, freeze(home, project)) is trainer
    without = EntityTrainer.from_options({"unlabeled_characters": 0})
    assert with_project_texts(without, project, home.platform.lake, freeze(home, project)) is without
