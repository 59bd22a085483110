"""OCR of one image: lines, words and their polygons in the image's own frame, whichever way up the page is.

Belongs here: the stages of recognition, each in a module of its own, and the engines that run them. Doesn't: decoding
files (``images``), arranging what is found (``layout``).
"""
