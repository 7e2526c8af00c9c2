# SPDX-License-Identifier: Apache-2.0
"""PDF files out of lines of text: pages in a face of one width, as reports are printed with their columns kept."""

LINES = 54


def literal(line):
    """A string of PDF in Latin-1; what is not in there becomes a question mark."""
    text = line.encode("cp1252", "replace").decode("latin-1")
    return "(%s)" % text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def pages(text):
    """Lists of lines: a form feed or a full page ends one."""
    for part in text.split("\f"):
        lines = part.strip("\n").split("\n")
        for i in range(0, len(lines), LINES):
            yield lines[i:i + LINES]


def document(text):
    """The bytes of a PDF."""
    sheets = list(pages(text))
    kids = " ".join("%d 0 R" % (4 + 2 * i) for i in range(len(sheets)))
    parts = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(sheets)),
             "<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>"]
    for i, lines in enumerate(sheets):
        stream = "BT /F 9 Tf 40 800 Td 13 TL %s ET" % " ".join(literal(line) + " Tj T*" for line in lines)
        parts.append("<</Type/Page/Parent 2 0 R/MediaBox[0 0 620 840]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>" % (5 + 2 * i))
        parts.append("<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    out, at = b"%PDF-1.4\n", []
    for i, part in enumerate(parts, 1):
        at.append(len(out))
        out += b"%d 0 obj" % i + part.encode("latin-1") + b" endobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + b"".join(b"%010d 00000 n \n" % n for n in at)
    return out + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
