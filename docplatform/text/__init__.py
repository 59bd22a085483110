"""Preprocessing of text: cleaning, language, stop words, lemmas, stems, key phrases, extractive summary.

Belongs here: the ``TextPreprocessor`` port and its backends. Doesn't: reading documents, or training on the text.
"""
