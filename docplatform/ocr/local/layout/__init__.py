"""From what was found on a page to blocks in reading order.

Belongs here: geometry and text alone, the same for text layers and OCR. Doesn't: finding words, rules or marks.
"""
