"""Calendar entries in mails (iCalendar): what a person would be shown of an invitation.

Belongs here: RFC 5545's lines to paragraphs. Doesn't: the rules of time zones and repetitions.
"""

from __future__ import annotations

import re

from docplatform.ocr.local.blocks import Block, ParagraphBlock, line_of

_SHOWN = {
    **{"SUMMARY": "Summary", "LOCATION": "Location", "DTSTART": "Start", "DTEND": "End", "DUE": "Due"},
    **{"DESCRIPTION": "Description", "ORGANIZER": "Organizer", "ATTENDEE": "Attendee", "COMMENT": "Comment"},
    **{"CONTACT": "Contact", "STATUS": "Status", "CATEGORIES": "Categories"},
}
_LINE = re.compile(r'([A-Za-z-]+)((?:;(?:[^":]|"[^"]*")*)?):(.*)')
_NAME = re.compile(r'CN=(?:"([^"]*)"|([^;:"]*))', re.IGNORECASE)
_ESCAPED = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}


def calendar_blocks(text: str) -> list[Block]:
    """A paragraph per entry (event, task), a line per property of it that says something to people."""
    blocks: list[Block] = []
    lines: list[str] = []
    within: list[str] = []
    for line in [*re.sub(r"\r?\n[ \t]", "", text).splitlines(), "BEGIN:end"]:
        match = _LINE.match(line)
        name, value = (match.group(1).upper(), match.group(3).strip()) if match else ("", "")
        if name == "BEGIN":
            blocks += [ParagraphBlock([line_of(each) for each in lines])] if lines else []
            lines = []
            within.append(value.upper())
        elif name == "END":
            within = within[:-1]
        elif match and name in _SHOWN and value and within[-1:] != ["VTIMEZONE"] and within[-1:] != ["VALARM"]:
            lines += f"{_SHOWN[name]}: {_value(match.group(2), value)}".splitlines()
    return blocks


def _value(parameters: str, value: str) -> str:
    text = re.sub(r"\\[nN,;\\]", lambda match: _ESCAPED[match.group()], value)
    named = _NAME.search(parameters)
    address = re.sub(r"^mailto:", "", text, flags=re.IGNORECASE)
    if named is None:
        return address
    return f"{named.group(1) or named.group(2) or ''} {address}"
