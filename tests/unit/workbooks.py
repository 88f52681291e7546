"""Workbooks made by hand, as small as they can be, so that a test can also make one that is wrong."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DATED = 1  # the style of a cell that shows its number as a day


def xlsx(rows: Sequence[Sequence[object]], **parts: str) -> bytes:
    """An XLSX file. Numbers are cells of numbers, `(number, DATED)` is a day, None nothing, the rest is text."""
    return of_sheet(_sheet(rows), **parts)


def of_sheet(sheet: str, **parts: str) -> bytes:
    """An XLSX file around the rows of its sheet; `parts` are put in the place of those of the same last name."""
    return _book({"Blad1": sheet}, **parts)


def of_sheets(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """An XLSX file with several sheets, by their names."""
    return _book({name: _sheet(rows) for name, rows in sheets.items()})


def unreckoned(workbook: bytes) -> bytes:
    """The same XLSX file, which asks whoever opens it to reckon its formulas."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as former, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in former.namelist():
            asked = '<calcPr calcId="1" fullCalcOnLoad="1"/></workbook>'
            archive.writestr(name, former.read(name).decode().replace("</workbook>", asked))
    return packed.getvalue()


def _sheet(rows: Sequence[Sequence[object]]) -> str:
    return "".join(
        f'<row r="{number}">{"".join(_cell(value, index, number) for index, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    )


def _book(sheets: Mapping[str, str], **parts: str) -> bytes:
    names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(sheets, start=1))
    related = "".join(
        f'<Relationship Id="s{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}'
        f'<Relationship Id="r2" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        "</styleSheet>",
    }
    for number, sheet in enumerate(sheets.values(), start=1):
        text = f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'
        files[f"xl/worksheets/sheet{number}.xml"] = text
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, parts.get(name.rpartition("/")[2].partition(".")[0], text))
    return packed.getvalue()


def _cell(value: object, index: int, row: int) -> str:
    place = f"{chr(ord('A') + index)}{row}"
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f'<c r="{place}" s="{value[1]}"><v>{value[0]}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def ods(rows: Sequence[Sequence[object]]) -> bytes:
    """An ODS file; text cells and numbers. A text that begins with # is the error that a formula came to."""
    table = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "calcext")
    )
    content = (
        f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="Blad1">'
        f"{table}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return packed.getvalue()


def _ods_cell(value: object) -> str:
    is_number = isinstance(value, int | float)
    if str(value).startswith("#"):
        error = 'table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"'
        return f"<table:table-cell {error}><text:p>{value}</text:p></table:table-cell>"
    kind = f'office:value-type="float" office:value="{value}"' if is_number else 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"
