"""What can be labelled in Label Studio, as its labelling configuration: one per kind of task.

Belongs here: the XML. Doesn't: tasks, answers, or where categories come from.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from xml.etree import ElementTree

from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.studio.line_items import is_row_label, with_row_labels

CONTROL = "label"
"""Name of the tag that answers and predictions belong to (``from_name``)."""
TEXT = "text"
"""Name of the tag that shows the text (``to_name``)."""
PAGES = "page"
"""Name of the tag that shows the page images of a field-extraction task."""
_GOLDEN_RATIO = 0.618033988749895
"""Hues this far apart on the circle stay distinct however many there are."""


def label_config(kind: TaskKind, categories: Sequence[str]) -> str:
    """The labelling configuration for tasks of this kind.

    Entities are spans of the text, single characters can be chosen. Classes are choices below it. Fields are
    rectangles on page images. Why a document is to be labelled stands above it.

    Raises:
        ConfigurationError: where there is no category.
    """
    if not categories:
        raise ConfigurationError("There is nothing to label with: the project's label file declares no category.")
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Header", value="$reason", size="5")  # without a name: older tasks may lack it
    if kind is TaskKind.FIELD_EXTRACTION:
        _fields(view, categories)
    elif kind.labels_spans:
        labels = ElementTree.SubElement(view, "Labels", name=CONTROL, toName=TEXT, showInline="true")
        _values(labels, "Label", categories)
        _text(view)
    else:
        _text(view)
        several = kind is TaskKind.MULTI_LABEL_CLASSIFICATION
        choices = ElementTree.SubElement(
            view, "Choices", name=CONTROL, toName=TEXT, choice="multiple" if several else "single", showInline="true"
        )
        if not several:
            choices.set("required", "true")
            choices.set("requiredMessage", "Choose a class, or skip the document.")
        _values(choices, "Choice", categories)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode")


def declared_categories(config: str) -> tuple[str, ...]:
    """The categories that a labelling configuration offers, in its order; people may have added some.

    What frames the rows of line items is none.

    Raises:
        ConfigurationError: where it is no XML.
    """
    try:
        view = ElementTree.fromstring(config)  # noqa: S314 - expat resolves no external entities
    except ElementTree.ParseError as error:
        raise ConfigurationError(f"The labelling configuration of the project in Label Studio is wrong: {error}") from (
            error
        )
    names = (tag.attrib.get("value", "") for tag in view.iter() if tag.tag in ("Label", "Choice"))
    return tuple(name for name in names if name and not is_row_label(name))


def _fields(view: ElementTree.Element, categories: Sequence[str]) -> None:
    labels = ElementTree.SubElement(view, "RectangleLabels", name=CONTROL, toName=PAGES, showInline="true")
    _values(labels, "Label", with_row_labels(categories))
    ElementTree.SubElement(view, "Image", name=PAGES, valueList="$pages", zoom="true", zoomControl="true")


def _text(view: ElementTree.Element) -> None:
    # symbol: words would be widened to what Label Studio takes for one, and "Total:" is one
    ElementTree.SubElement(view, "Text", name=TEXT, value="$text", granularity="symbol", saveTextResult="yes")


def _values(parent: ElementTree.Element, tag: str, categories: Sequence[str]) -> None:
    for number, category in enumerate(categories):
        value = ElementTree.SubElement(parent, tag, value=category)
        if tag == "Label":
            red, green, blue = colorsys.hls_to_rgb(number * _GOLDEN_RATIO % 1, 0.6, 0.7)
            value.set("background", f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}")
