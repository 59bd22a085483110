import numpy as np
import pytest
import zxingcpp

from docplatform.ocr.local.barcodes import KINDS, find_barcodes, image_barcodes
from docplatform.ocr.local.page_elements import PageElements

_VALUES = {
    **{"QRCode": "HELLO 123", "MicroQRCode": "HI 5", "PDF417": "HELLO 123", "Aztec": "HELLO 123"},
    **{"DataMatrix": "HELLO 123", "MaxiCode": "HELLO 123", "Code39": "HELLO 123", "Code93": "HELLO 123"},
    **{"Code128": "HELLO 123", "EAN13": "5901234123457", "UPCA": "012345678905", "EAN8": "96385074"},
    **{"ITF": "12345678", "Codabar": "A123456B"},
}


def _sheet(kind: str, value: str, turns: int = 0) -> np.ndarray:
    code = zxingcpp.create_barcode(value, getattr(zxingcpp.BarcodeFormat, kind))
    picture = np.rot90(np.array(zxingcpp.write_barcode_to_image(code, scale=2)), turns)
    sheet = np.full((900, 900), 255, np.uint8)
    sheet[200 : 200 + picture.shape[0], 100 : 100 + picture.shape[1]] = picture
    return sheet


@pytest.mark.parametrize(("kind", "value"), _VALUES.items())
def test_barcodes_are_found_with_the_service_s_name(kind: str, value: str) -> None:
    assert [(code.kind, code.value) for code in image_barcodes(_sheet(kind, value))] == [(kind, value)]


@pytest.mark.parametrize("kind", ["QRCode", "DataMatrix", "Code128", "EAN13"])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_codes_on_their_side_are_found(kind: str, turns: int) -> None:
    found = image_barcodes(_sheet(kind, _VALUES[kind], turns))
    assert [(code.kind, code.value) for code in found] == [(kind, _VALUES[kind])]


def test_a_code_has_its_place_and_becomes_part_of_the_page() -> None:
    page = PageElements((), 900, 900, "pixel")
    (code,) = find_barcodes(_sheet("QRCode", "x"), page).barcodes
    assert all(100 <= x <= 200 for x in code.polygon[::2])
    assert all(200 <= y <= 300 for y in code.polygon[1::2])
    assert find_barcodes(np.full((50, 50), 255, np.uint8), page) is page


def test_a_tiny_image_has_none() -> None:
    assert image_barcodes(np.full((3, 200), 255, np.uint8)) == []


def test_every_name_is_one_of_the_service_s() -> None:
    assert set(KINDS.values()) == {
        *("QRCode", "PDF417", "UPCA", "UPCE", "Code39", "Code128", "EAN8", "EAN13", "DataBar", "Code93", "Codabar"),
        *("DataBarExpanded", "ITF", "MicroQRCode", "Aztec", "DataMatrix", "MaxiCode"),
    }
    assert all(hasattr(zxingcpp.BarcodeFormat, name) for name in KINDS)
