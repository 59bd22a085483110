"""Making a whole corpus: documents, containers, duplicates, bad files, model projects, and the manifest."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from docplatform.labels.projects import ProjectStore
from docplatform.samples.archive import pack
from docplatform.samples.bad import Made, bad_files
from docplatform.samples.mail import write_mail
from docplatform.samples.options import SampleOptions
from docplatform.samples.plan import PlannedDocument, plan
from docplatform.samples.projects import PROJECTS, save_project
from docplatform.samples.render import WRITERS, describe, render
from docplatform.samples.truth import DUPLICATE, Kind, Manifest, SampleFile

_MAILS = 6
_ARCHIVES = 3


def generate_corpus(landing: Path, projects: ProjectStore, manifest_path: Path, options: SampleOptions) -> Manifest:
    """Write a corpus: files below ``landing/<customer>/``, model projects, and the truth about all of it.

    A further batch (``options.batch``) writes files and a manifest only, and none of its content is in another batch.

    Args:
        landing: The landing folder; made if absent. Files of the same name are replaced.
        projects: Where the model projects and their label files go.
        manifest_path: Where the truth goes, as JSON; ``load_manifest`` reads it back.
        options: What to make.

    Returns:
        The manifest as written.
    """
    labelled: dict[str, list[SampleFile]] = {}
    files: dict[str, SampleFile] = {}
    for planned, (file, data) in _documents(options):
        _land(landing, file, data, files, options.date)
        for name in planned.projects:
            labelled.setdefault(name, []).append(file)
    if options.batch is None:
        single = [file for file in files.values() if not any(file in group for group in labelled.values())]
        doubles = _doubles(landing, single, options)
        for file, data in (*doubles, *_mails(options), *_archives(options), *bad_files(options)):
            _land(landing, file, data, files, options.date)
    for project in PROJECTS:
        if project.name in labelled:
            save_project(projects, project, options.customers, labelled[project.name])
    manifest = Manifest(
        seed=options.seed,
        batch=options.batch,
        files=tuple(files[path] for path in sorted(files)),
        projects=tuple(sorted(labelled)),
    )
    manifest.save(manifest_path)
    return manifest


def _land(landing: Path, file: SampleFile, data: bytes, files: dict[str, SampleFile], day: dt.date) -> None:
    """Put a whole file in the landing folder, dated as the corpus is, so that nothing waits for it to settle."""
    path = landing / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    seconds = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
    os.utime(part, (seconds, seconds))
    part.rename(path)
    files[file.path] = file


def _documents(options: SampleOptions) -> Iterator[tuple[PlannedDocument, Made]]:
    for planned in plan(options):
        rng = options.rng("document", planned.index)
        draft = WRITERS[planned.kind](rng, planned.held_out, options)
        rendered = render(draft, planned.style, rng, options)
        stem = draft.fields.get("InvoiceId", planned.kind.value).replace("/", "-")
        batch = f"{options.batch}-" if options.batch else ""
        name = f"{stem}_{batch}{planned.index:04d}.{rendered.extension}"
        path = "/".join(part for part in (planned.customer, planned.folder, name) if part)
        yield planned, (describe(draft, rendered, path, planned.customer), rendered.data)


def _member(purpose: str, number: int, kind: Kind, style: str, customer: str, options: SampleOptions) -> Made:
    rng = options.rng(purpose, number)
    draft = WRITERS[kind](rng, rng.random() < 0.3, options)
    rendered = render(draft, style, rng, options)
    return describe(draft, rendered, f"{kind.value}_{number}.{rendered.extension}", customer), rendered.data


def _mails(options: SampleOptions) -> Iterator[Made]:
    """Mails with an invoice or more attached; the last one with a zip attached."""
    contents = (("pdf",), ("jpg",), ("pdf", "docx"), ("png",), ("pdf", "tiff"), ("pdf",))
    for number, styles in zip(range(_MAILS), contents, strict=True):
        customer = options.customers[number % len(options.customers)]
        members = [
            _member("attachment", number * 10 + at, Kind.INVOICE if at == 0 else Kind.LETTER, style, customer, options)
            for at, style in enumerate(styles)
        ]
        if number == _MAILS - 1:
            members = [_zipped("attached.zip", customer, members)]
        attachments = [(file.path, file.format, data) for file, data in members]
        data, body = write_mail(attachments, options.rng("mail", number), options.date)
        yield _container(f"{customer}/mail/message_{number}.eml", customer, "eml", data, members, body)


def _archives(options: SampleOptions) -> Iterator[Made]:
    """Zips of several documents, some in folders within."""
    kinds = (Kind.INVOICE, Kind.RECEIPT, Kind.LETTER, Kind.INCIDENT_REPORT)
    for number in range(_ARCHIVES):
        customer = options.customers[number % len(options.customers)]
        members = []
        for at, (kind, style) in enumerate(zip(kinds, ("pdf", "jpg", "docx", "txt"), strict=True)):
            file, data = _member("packed", number * 10 + at, kind, style, customer, options)
            members.append((dataclasses.replace(file, path=f"{kind.value}s/{file.path}"), data))
        yield _zipped(f"{customer}/archive/batch_{number}.zip", customer, members)


def _zipped(path: str, customer: str, members: list[Made]) -> Made:
    return _container(path, customer, "zip", pack((file.path, data) for file, data in members), members, None)


def _container(path: str, customer: str, extension: str, data: bytes, members: list[Made], text: str | None) -> Made:
    return SampleFile(
        path=path,
        customer=customer,
        sha256=hashlib.sha256(data).hexdigest(),
        format=extension,
        template=f"container/{extension}",
        text=text,
        members=tuple(file for file, _ in members),
    ), data


def _doubles(landing: Path, unlabelled: Sequence[SampleFile], options: SampleOptions) -> Iterator[Made]:
    """Copies of documents: for the same customer, for another one, and a changed one under the same name.

    Never of labelled ones: a label names its document by path, and either of two equal files may be taken in first.
    """
    for number, original in enumerate(unlabelled[:: max(1, len(unlabelled) // 6)]):
        customer, _, name = original.path.partition("/")
        data = (landing / original.path).read_bytes()
        if number % 3 < 2:
            stem, _, extension = original.path.rpartition(".")
            path = f"{stem}_copy.{extension}" if number % 3 else f"{customer}/sent again/{name.rpartition('/')[2]}"
            yield dataclasses.replace(original, path=path, expected=DUPLICATE, duplicate_of=original.path), data
        elif len(options.customers) > 1:
            other = options.customers[(options.customers.index(customer) + 1) % len(options.customers)]
            yield dataclasses.replace(original, path=f"{other}/shared/{name.rpartition('/')[2]}", customer=other), data
    if unlabelled:
        yield _changed(unlabelled[0], options)


def _changed(original: SampleFile, options: SampleOptions) -> Made:
    """Another document under the name of ``original``, in another folder."""
    rng = options.rng("changed")
    draft = WRITERS[original.kind or Kind.LETTER](rng, False, options)
    rendered = render(draft, "azure_txt" if original.format == "txt" else original.format, rng, options)
    path = f"{original.customer}/corrected/{original.path.rpartition('/')[2]}"
    return describe(draft, rendered, path, original.customer), rendered.data
