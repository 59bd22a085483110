"""Local models: linear classifiers on TF-IDF and conditional random fields, trained in seconds on one core.

Belongs here: features, training, calibration, and the folders these models are kept in. A folder holds numbers, words
and a CRF, never code: loading one runs nothing. Doesn't: choosing a backend (``models.factory``).
"""
