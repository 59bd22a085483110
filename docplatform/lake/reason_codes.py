"""What each reason code means and what somebody does about it: for the command line, the UI and docs/quarantine.md.

Belongs here: words about ``errors.ReasonCode``, and that document, written by ``python -m
docplatform.lake.reason_codes``. Doesn't: when a code is given.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from docplatform.errors import ReasonCode

COMMAND = "python -m docplatform.lake.reason_codes"
DEFAULT_FILE = Path("docs/quarantine.md")


@dataclass(frozen=True, slots=True)
class Advice:
    """``meaning``: what is wrong with the document. ``remedy``: what to do before it is replayed, or instead."""

    meaning: str
    remedy: str


ADVICE: Mapping[ReasonCode, Advice] = {
    ReasonCode.EMPTY: Advice(
        "The file holds no bytes, or nothing but white space.",
        "Ask the sender for it again: the new file is a new document. Dismiss this one.",
    ),
    ReasonCode.UNSUPPORTED_TYPE: Advice(
        "The content is of a type that no reader knows, whatever the name says; or it is a link or device in an "
        "archive, or something within a file that no reader can follow.",
        "Convert it (to PDF, say) and send that, or install the extra that reads it (HEIC: `docplatform[heic]`) "
        "and replay. Dismiss what is no document.",
    ),
    ReasonCode.CORRUPT: Advice(
        "The content begins as its type should but can't be parsed: cut off, damaged, malformed or nested too deeply.",
        "Ask the sender for it again, or mend it with the program that made it; dismiss this one. Replay after an "
        "update of docplatform that reads more.",
    ),
    ReasonCode.ENCRYPTED: Advice(
        "It needs a password, and none of those given opens it.",
        "PDF: add the password to `DOCPLATFORM_READING__PDF_PASSWORDS` and replay. Office files and archives: save "
        "them without a password and send them again.",
    ),
    ReasonCode.TOO_LARGE: Advice(
        "It has more bytes, or more pixels, than the limit.",
        "Split it, or raise `DOCPLATFORM_LIMITS__MAX_FILE_BYTES` or `DOCPLATFORM_LIMITS__MAX_PIXELS` (the message says "
        "which) and replay.",
    ),
    ReasonCode.TOO_MANY_PAGES: Advice(
        "It has more pages than the limit.",
        "Split it, or raise `DOCPLATFORM_LIMITS__MAX_PAGES` and replay.",
    ),
    ReasonCode.BOMB: Advice(
        "An archive, mail or Office file that unpacks to more bytes, entries or levels than the limits, or lies about "
        "what it holds.",
        "Look at it somewhere safe. Where you trust it, raise the `DOCPLATFORM_LIMITS__MAX_ARCHIVE_…` that the message "
        "names and replay; else dismiss it.",
    ),
    ReasonCode.TIMEOUT: Advice(
        "It made no progress for longer than the limit, twice, or took longer than any document may.",
        "Raise `DOCPLATFORM_READING__TIMEOUT_SECONDS` (seconds for a page) or "
        "`DOCPLATFORM_READING__DOCUMENT_SECONDS` and replay. On an overloaded machine a plain replay helps.",
    ),
    ReasonCode.MEMORY: Advice(
        "Reading it needed more memory than a worker may have, twice.",
        "Raise `DOCPLATFORM_READING__WORKER_MEMORY_BYTES`, with fewer `DOCPLATFORM_READING__WORKERS` where the machine "
        "has no more, and replay.",
    ),
    ReasonCode.CRASH: Advice(
        "The parser took its worker process down, twice. Nothing else was disturbed.",
        "Report it with the file, if you may. Replay after an update; where the machine ran out of memory (its log "
        "says so), replay with fewer workers.",
    ),
    ReasonCode.MISSING: Advice(
        "The stored bytes are gone: somebody deleted them below `raw/` or `lake/`.",
        "Restore them at the path that the message names and replay; or send the file again.",
    ),
    ReasonCode.ENGINE_ERROR: Advice(
        "The engine failed in a way that none of the other codes names.",
        "A bug: report it with the message, and the file if you may. Replay after an update.",
    ),
}


def advice(reason: str) -> Advice:
    """The words about a code as the table holds it; for one that this version doesn't know, that it doesn't."""
    known = {code.value: words for code, words in ADVICE.items()}
    unknown = Advice("A code that this version of docplatform doesn't know.", "See what the message says.")
    return known.get(reason, unknown)


_HEAD = f"""\
# Quarantine

<!-- Generated from docplatform/lake/reason_codes.py by `{COMMAND}`: change it there. -->

A document that can't be processed, at arrival or at a later stage, is an entry in the table
[`quarantine`](tables.md#quarantine) with a reason code, a message, and the number of attempts. Nothing is lost: its
bytes stay under `raw/` in the home or container, whatever the reason. The rest of its lake partition goes on.

```sh
docplatform quarantine list                        # what is open, the longest waiting first
docplatform quarantine list --reason encrypted --customer acme --json
docplatform quarantine show 3f2a                   # all that is known of one document, and what to do
docplatform quarantine replay --reason encrypted   # after a password was added: exactly these are tried again
docplatform quarantine dismiss 3f2a --why "a logo, no document"
```

An entry is `open` until it is decided about. It isn't tried again with the same engine on the same bytes, but it is
when the engine or an option that can change the result changes. **Replay** tries exactly the documents it is told, from
the stage that failed on; a document refused at arrival is judged anew from its stored bytes, by the limits that hold
now, and an archive is unpacked then. What succeeds is `resolved`; what fails again is `open` with one more attempt.
What a killed replay left (`replaying`) the next pass takes up. **Dismiss** says that a document needn't be processed,
and keeps why.

In the UI: `replay_job` for the stages of a lake partition, `replay_arrivals_job` for what was refused at arrival; both
take `document_ids` in the launchpad. The check `has_no_old_quarantine` of `raw_blobs` names the entries that have
waited longest and fails after `DOCPLATFORM_AUTOMATION__QUARANTINE_DAYS`.

## Reason codes

| code | what is wrong | what to do |
|---|---|---|
"""


def reason_codes_markdown() -> str:
    """``docs/quarantine.md``."""
    return _HEAD + "".join(f"| `{code}` | {words.meaning} | {words.remedy} |\n" for code, words in ADVICE.items())


def main(arguments: list[str]) -> Iterator[Path]:
    """Write the document to the file named, else to ``docs/quarantine.md``; yields what was written."""
    for file in [Path(argument) for argument in arguments] or [DEFAULT_FILE]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(reason_codes_markdown(), encoding="utf-8")
        yield file


if __name__ == "__main__":
    for written in main(sys.argv[1:]):
        print(f"wrote {written}")
