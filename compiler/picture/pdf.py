"""What Graphviz's PDF lacks: a title, and its true size where no page can be so large.

The hour at which it was drawn goes, so that the same drawing is the same file.
"""

from __future__ import annotations

from io import BytesIO

from compiler.picture.rendering import RenderError

MOST = 14_400.0
"""Units that a side of a page can have: Adobe's readers open none that is larger."""
SINCE = "%PDF-1.6"
"""How a file begins whose units may be larger than a point."""


def finish(pdf: bytes, title: str, unit: float = 1) -> bytes:
    """The PDF with its title; each unit of its page stands for so many points.

    Raises `RenderError` where it is no PDF but for its beginning and its end.
    """
    from pypdf import PdfWriter  # takes a tenth of a second
    from pypdf.errors import PyPdfError
    from pypdf.generic import BooleanObject, FloatObject, NameObject

    try:
        writer = PdfWriter(clone_from=BytesIO(pdf))
    except PyPdfError as error:
        raise RenderError(f"Graphviz failed: what it gave is no PDF: {error}") from None
    producer = writer.metadata.producer if writer.metadata else None
    writer.metadata = {"/Title": title, **({"/Producer": producer} if producer else {})}
    # A reader's window is called by its file otherwise, which those who can't see it would hear.
    shown = writer.create_viewer_preferences()
    shown[NameObject("/DisplayDocTitle")] = BooleanObject(True)
    writer.pdf_header = pdf[: len(SINCE)].decode()
    if unit > 1:
        writer.pdf_header = max(writer.pdf_header, SINCE)
        writer.pages[0][NameObject("/UserUnit")] = FloatObject(round(unit, 4))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
