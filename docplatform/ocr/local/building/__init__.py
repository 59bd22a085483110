"""The result of a document, made from its blocks.

Belongs here: content, spans and pointers of an ``AnalyzeResult``, as text and as markdown. Doesn't: knowing any file
format (its neighbours), arranging what is on a page (``layout``).
"""
