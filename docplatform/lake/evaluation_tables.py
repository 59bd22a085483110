"""The tables about models: scores, decisions, drift. Part of ``lake.tables``, which has them all."""

from __future__ import annotations

from docplatform.lake.columns import DOCUMENT_ID, Column, TableSpec

MODEL_EVALUATION = TableSpec(
    "model_evaluation",
    "Scores of every model version on a frozen test split (or by cross-validation), one row per label and per average.",
    (
        Column("project", "string", "Model project."),
        Column("model_version", "int64", "Version in the registry."),
        Column("dataset_version", "string", "Dataset whose test split was used."),
        Column("label", "string", "Label, or `micro avg`, `macro avg`, `weighted avg`."),
        Column("precision", "float64", "0 to 1."),
        Column("recall", "float64", "0 to 1."),
        Column("f1", "float64", "0 to 1."),
        Column("support", "int64", "Labelled items."),
        Column("folds", "int64", "Parts of the cross-validation; null: scored on the test split.", nullable=True),
        Column("f1_low", "float64", "95 % interval of `f1`: bootstrap over documents.", nullable=True),
        Column("f1_high", "float64", "Its upper end.", nullable=True),
        Column("overlap_f1", "float64", "Spans: F1 where an overlap of the same label counts.", nullable=True),
        Column("exact", "float64", "Fields: share of labelled values found exactly.", nullable=True),
        Column("normalized", "float64", "Fields: the same, by letters and digits or typed value.", nullable=True),
        Column("calibration_error", "float64", "`micro avg`: expected calibration error of confidence.", nullable=True),
        Column("confidence_auroc", "float64", "`micro avg`: how confidence tells right from wrong.", nullable=True),
        Column("evaluated_at", "timestamp", "When (UTC)."),
        Column("run_id", "string", "Dagster run."),
    ),
    key=("project", "model_version", "dataset_version", "label"),
    partition_by=("project",),
)

EVALUATION_SLICES = TableSpec(
    "evaluation_slices",
    "Scores of every model version on documents that share a property, to see whom it serves worse.",
    (
        Column("project", "string", "Model project."),
        Column("model_version", "int64", "Version in the registry."),
        Column("dataset_version", "string", "Dataset whose test split was used."),
        Column("attribute", "string", "`customer`, `extension`, `quality` or `language`."),
        Column("value", "string", "Its value; `(unknown)` where there is none."),
        Column("documents", "int64", "Test documents that have it."),
        Column("f1", "float64", "Micro F1 on them, 0 to 1."),
        Column("gap", "float64", "That less the micro F1 on all other test documents."),
        Column("gap_low", "float64", "95 % interval of the gap: bootstrap over documents."),
        Column("gap_high", "float64", "Its upper end."),
        Column("is_flagged", "bool", "The interval excludes 0, with 10 documents or more on each side."),
        Column("run_id", "string", "Dagster run."),
    ),
    key=("project", "model_version", "dataset_version", "attribute", "value"),
    partition_by=("project",),
)

EVALUATION_ERRORS = TableSpec(
    "evaluation_errors",
    "Test examples that a model version got wrong, to look at.",
    (
        Column("project", "string", "Model project."),
        Column("model_version", "int64", "Version in the registry."),
        Column("dataset_version", "string", "Dataset whose test split was used."),
        DOCUMENT_ID,
        Column("expected", "string", "What the label says."),
        Column("predicted", "string", "What the model says."),
        Column("context", "string", "The text around it."),
        Column("run_id", "string", "Dagster run."),
    ),
    key=("project", "model_version", "dataset_version", "document_id", "expected", "predicted"),
    partition_by=("project",),
)

LEARNING_CURVES = TableSpec(
    "learning_curves",
    "How scores grow with training examples, one row per label and share of the training split.",
    (
        Column("project", "string", "Model project."),
        Column("dataset_version", "string", "Dataset that was trained and judged on."),
        Column("label", "string", "Label, or `micro avg`."),
        Column("share", "float64", "Of the training split, 0.2 to 1."),
        Column("examples", "int64", "Training examples that have the label."),
        Column("f1", "float64", "On the test split, 0 to 1."),
        Column("support", "int64", "Labelled items of the test split."),
        Column("trained_at", "timestamp", "When (UTC)."),
        Column("run_id", "string", "Dagster run."),
    ),
    key=("project", "dataset_version", "label", "share"),
    partition_by=("project",),
)

PREBUILT_COMPARISON = TableSpec(
    "prebuilt_comparison",
    "What a prebuilt capability finds of a label on the test split, beside the custom model.",
    (
        Column("project", "string", "Model project."),
        Column("model_version", "int64", "The custom model."),
        Column("dataset_version", "string", "Dataset whose test split was used."),
        Column("label", "string", "Label of the project."),
        Column("capability", "string", "Prebuilt capability the project compares it with."),
        Column("prebuilt_f1", "float64", "0 to 1."),
        Column("custom_f1", "float64", "0 to 1."),
        Column("support", "int64", "Labelled items of the test split."),
        Column("recommendation", "string", "Which to use, and why: the 80 % rule."),
        Column("run_id", "string", "Dagster run."),
    ),
    key=("project", "model_version", "dataset_version", "label"),
    partition_by=("project",),
)

CHAMPION_MODEL = TableSpec(
    "champion_model",
    "Every decision about which version serves, by the gate or by hand, and why.",
    (
        Column("project", "string", "Model project."),
        Column("candidate_version", "int64", "The version that was judged."),
        Column("champion_version", "int64", "The version that serves after the decision.", nullable=True),
        Column("promoted", "bool", "Whether the candidate became champion."),
        Column("reason", "string", "Why."),
        Column("candidate_f1", "float64", "Micro F1 on the test split."),
        Column("champion_f1", "float64", "The former champion's micro F1 on the same split.", nullable=True),
        Column("dataset_version", "string", "Dataset whose test split was used."),
        Column("answer", "string", "Gate: `promoted`, `not promoted`, `inconclusive`.", nullable=True),
        Column("action", "string", "`gate`, or by hand: `promote`, `rollback`, `pin`, `unpin`, …", nullable=True),
        Column("former_version", "int64", "The version that served before.", nullable=True),
        Column("is_pinned", "bool", "Whether the gate must leave the champion be.", nullable=True),
        Column("difference", "float64", "Micro F1 of the candidate less the champion's.", nullable=True),
        Column("difference_low", "float64", "95 % interval of it: paired bootstrap over documents.", nullable=True),
        Column("difference_high", "float64", "Its upper end.", nullable=True),
        Column("p_value", "float64", "Chance of such a difference between equals.", nullable=True),
        Column("test", "string", "Which test gave `p_value`.", nullable=True),
        Column("needed_documents", "int64", "Further test documents that would probably tell.", nullable=True),
        Column("decided_at", "timestamp", "When (UTC)."),
        Column("run_id", "string", "Dagster run; `by hand` where there was none."),
    ),
    key=("project", "candidate_version", "dataset_version", "decided_at"),
    partition_by=("project",),
)

DRIFT_REPORT = TableSpec(
    "drift_report",
    "Drift of recent documents and predictions against the champion's training data.",
    (
        Column("project", "string", "Model project."),
        Column("model_version", "int64", "The champion."),
        Column("checked_at", "timestamp", "When (UTC)."),
        Column("reference_count", "int64", "Training texts compared with."),
        Column("current_count", "int64", "Recent documents looked at."),
        Column("domain_auc", "float64", "AUC of telling recent from training texts; 0.5 is alike.", nullable=True),
        Column("domain_z", "float64", "Standard scores of that AUC above 0.5.", nullable=True),
        Column("unseen_words_auc", "float64", "AUC of telling them by words new to the reference.", nullable=True),
        Column("unseen_words_z", "float64", "Standard scores of that AUC above 0.5.", nullable=True),
        Column("prediction_psi", "float64", "Population stability index of predicted classes.", nullable=True),
        Column("prediction_p_value", "float64", "Share of random divisions with an index as large.", nullable=True),
        Column("confidence_psi", "float64", "Population stability index of confidence.", nullable=True),
        Column("confidence_distance", "float64", "Kolmogorov-Smirnov distance of confidence, 0 to 1.", nullable=True),
        Column("confidence_p_value", "float64", "Of that distance.", nullable=True),
        Column("alarms", "list<string>", "What alarmed: `texts`, `words`, `classes`, `confidence`.", nullable=True),
        Column("mean_confidence", "float64", "Of recent predictions, 0 to 1.", nullable=True),
        Column("alarm", "bool", "Whether drift was found."),
        Column("reason", "string", "Which measure crossed which threshold, or why none could be taken."),
        Column("run_id", "string", "Dagster run."),
    ),
    key=("project", "checked_at"),
    partition_by=("project",),
)
