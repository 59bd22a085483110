"""The asset graph: what every asset must tell the people who look at it, and how it is driven."""

import dagster as dg
import pytest

from docplatform.defs.build import build_defs
from docplatform.lake.tables import TABLES
from docplatform.settings import load_settings

ZONES = {"ingest", "lake", "text", "labels", "models", "inference", "monitoring"}
GRAPH = {
    "sources/landing": set(),
    "raw_blobs": {"sources/landing"},
    "routed_documents": {"raw_blobs"},
    "ocr_text": {"routed_documents"},
    "preprocessed_text": {"ocr_text"},
    "annotations": {"ocr_text"},
    "labeled_dataset": {"annotations", "ocr_text", "preprocessed_text"},
    "trained_model": {"labeled_dataset"},
    "model_evaluation": {"trained_model"},
    "champion_model": {"model_evaluation"},
    "predictions": {"ocr_text", "preprocessed_text", "champion_model"},
    "drift_report": {"champion_model", "predictions"},
    "quarantine": {"raw_blobs", "ocr_text", "preprocessed_text", "predictions"},
}


@pytest.fixture(scope="module")
def defs(tmp_path_factory) -> dg.Definitions:
    return build_defs(load_settings(home=tmp_path_factory.mktemp("home")))


def _graph(defs: dg.Definitions):
    return defs.resolve_asset_graph()


def test_the_graph_is_the_one_the_architecture_draws(defs):
    graph = _graph(defs)
    drawn = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert drawn == GRAPH


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_every_asset_tells_a_newcomer_what_it_is(defs, name):
    node = _graph(defs).get(dg.AssetKey(name.split("/")))
    assert node.description
    assert len(node.description) > 40
    assert node.group_name in ZONES
    assert node.owners
    assert node.kinds
    assert node.code_version
    assert node.metadata["driven_by"]


def test_every_zone_has_an_asset(defs):
    graph = _graph(defs)
    assert {graph.get(key).group_name for key in graph.get_all_asset_keys()} == ZONES


@pytest.mark.parametrize("name", sorted(set(GRAPH) & set(TABLES)))
def test_an_asset_with_a_table_shows_its_columns(defs, name):
    schema = _graph(defs).get(dg.AssetKey(name)).metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == [column.name for column in TABLES[name].columns]
    assert all(column.description for column in schema.columns)


def test_lineage_names_columns_that_exist(defs):
    graph = _graph(defs)
    checked = 0
    for key in graph.get_all_asset_keys():
        lineage = graph.get(key).metadata.get("dagster/column_lineage")
        if lineage is None:
            continue
        for column, sources in lineage.deps_by_column.items():
            assert TABLES[key.path[-1]].column(column)
            for source in sources:
                assert TABLES[source.asset_key.path[-1]].column(source.column_name)
                checked += 1
    assert checked > 10


def test_every_materializable_asset_is_driven_by_something_that_exists(defs):
    repository = defs.get_repository_def()
    automations = {sensor.name for sensor in repository.sensor_defs} | {s.name for s in repository.schedule_defs}
    graph = _graph(defs)
    for key in graph.materializable_asset_keys:
        driven_by = graph.get(key).metadata["driven_by"]
        assert any(name in driven_by for name in automations), (key, driven_by)


def test_every_materializable_asset_is_in_a_job(defs):
    repository = defs.get_repository_def()
    in_jobs = set()
    for job in repository.get_all_jobs():
        if not job.name.startswith("__"):
            in_jobs |= set(job.asset_layer.executable_asset_keys)
    assert in_jobs >= set(_graph(defs).materializable_asset_keys)


@pytest.mark.parametrize("kind", ["sensor_defs", "schedule_defs"])
def test_sensors_and_schedules_say_what_they_do_and_run_by_themselves(defs, kind):
    definitions = getattr(defs.get_repository_def(), kind)
    assert definitions
    for definition in definitions:
        assert definition.description
        assert len(definition.description) > 20
        # nobody's labels are pulled before somebody says that people label there
        status = "STOPPED" if definition.name == "label_studio_sensor" else "RUNNING"
        assert definition.default_status.value == status


def test_every_job_says_what_it_does(defs):
    jobs = [job for job in defs.get_repository_def().get_all_jobs() if not job.name.startswith("__")]
    assert len(jobs) >= 8
    assert all(job.description for job in jobs)


def test_loading_definitions_imports_nothing_heavy(run_python):
    heavy = "pandas pyarrow deltalake sklearn scipy cv2 rapidocr onnxruntime pypdfium2 docx openpyxl pptx kreuzberg"
    heavy += " matplotlib reportlab duckdb azure.core azure.ai"
    code = (
        "import dagster, sys; before = set(sys.modules); import docplatform.definitions;"
        f"print([m for m in {heavy.split()!r} if m in set(sys.modules) - before])"
    )
    assert run_python(code).strip() == "[]"


def test_loading_definitions_creates_nothing(run_python, tmp_path):
    run_python("import docplatform.definitions", DOCPLATFORM_HOME=str(tmp_path / "home"))
    assert not (tmp_path / "home").exists()
