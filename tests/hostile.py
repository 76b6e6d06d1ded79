# ruff: noqa: E501, RUF001 - as few lines as possible, and letters that look like others on purpose
"""Text that means something somewhere: to a terminal, a spreadsheet, a file system, a database, a rich text widget."""

from __future__ import annotations

MARKER = "PICTURE"
"""Stands in the markup below for the path of a picture whose colour nothing else has."""

MARKUP = (
    '<img src="file://PICTURE">', '<img src="PICTURE">', "<img src=PICTURE width=400 height=400>",
    "<img src='file:PICTURE'/>", '<IMG SRC="file://PICTURE">', 'a<img src="file://PICTURE">b',
    '<html><body><img src="file://PICTURE"></body></html>', '<table background="PICTURE"><tr><td>x</td></tr></table>',
    '<body background="PICTURE">x', '<p style="background-image:url(PICTURE)">x</p>',
    '<div style="background-color:#ff00fe">XXXXXXXX</div>', '<span style="background:#ff00fe">XXXXXXXX</span>',
    '<table bgcolor="#ff00fe" width=400 height=400><tr><td>XXXX</td></tr></table>',
    '<font color="#ff00fe" size=7>XXXXXXXX</font>', '<h1 style="color:#ff00fe">XXXXXXXX</h1>',
    '<qt><font color="#ff00fe">XXXXXXXX</font></qt>', "<!DOCTYPE html><b>x</b>", '<!DOCTYPE html><img src="PICTURE">',
    "<b>bold</b>", "<i>it", "</b></i></html>", "<br><br><br>", "<hr>", "<a href='file:///etc/passwd'>x</a>",
    '<a href="javascript:alert(1)">x</a>', "<script>alert(1)</script>", "<svg onload=alert(1)>",
    '<svg><image href="PICTURE"/></svg>', "<style>*{color:#ff00fe}</style>x", '<link rel="stylesheet" href="PICTURE">',
    '<object data="PICTURE">', '<iframe src="PICTURE">', "<ul><li>x</ul>", "<center>x</center>", "<pre>x\n\n\nx</pre>",
    "<table>" * 3000, "<div>" * 3000 + "x", "&lt;b&gt;", "&amp;", "&nbsp;", "&#65;", "&", "&&", "&File", "a&b",
    "![x](PICTURE)", "[x](file:///etc/passwd)", "**bold**", "# title", "`code`", "{{7*7}}", "${7*7}", "<%= 7*7 %>",
    "<![CDATA[x]]>", "]]>", "<!-- x", "-->", '"><b>', "'><b>", "<", ">", "<>", "[*]", "x[*]y",
)  # fmt: skip
UNSEEN = (
    "\u202egpj.exe", "night\u202e", "\u202d\u202e\u202d", "\u2066\u2067\u2068\u2069", "a\u200fb", "\u200e", "\u061cx",
    "\u200b", "a\u200bb", "a\u200cb", "a\u200db", "\u2060", "\ufeffx", "x\ufeff", "\u00adx", "\u00a0x", "x\u3000y",
    "\u2003", "\u180e", "\u2028", "a\u2029b", "a\x85b", "\u034f", "\ufe0f", "\U000e0041\U000e0042", "\uffff", "\ufffe",
    "\ufffd", "\ue000", "\U0010ffff", "\u0378", "مرحبا", "שלום abc", "עברית <b>", "漢字", "ひらがな", "한국어", "ไทย",
    "Ω≈ç√∫", "ﬁ", "ß", "İ", "ı", "ſ", "Å", "Ａ", "①", "½", "Z̸͑a̷l̶g̵o̸" + "\u0301" * 200,
)  # fmt: skip
CONTROLS = (
    "\0", "a\0b", "\0\0\0", "x\0.jpg", "\n", "a\nb", "a\r\nb", "\r", "a\tb", "\t", "\x0b", "\x0c", "\x07", "\x08\x08",
    "\x1b", "\x1b[2J", "\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;file:///etc/passwd\x1b\\x\x1b]8;;\x1b\\", "\x1bc",
    "\x1b[?1049h", "\x1b[6n", "\x1bP$q\x1b\\", "\x9b31m", "\x9d0;x\x9c", "\x7f", "\x1c\x1d\x1e\x1f", "\x01", "\x1a",
    "ok\r\x1b[K$ rm -rf /", "x\n2026-01-01 00:00:00,000 1 CRITICAL labeler: forged", "a\u2028b", "\n" * 500,
    "".join(map(chr, range(1, 32))), "".join(map(chr, range(0x7f, 0xa0))),
)  # fmt: skip
FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\0=1",
    '=IMPORTXML("http://x")', "=DDE()", ",=1", ";=1", '"=1', "'=1", " =1", "＝1", "＋1", "－1", "＠1", '",=1,"', "|x",
    "%0A=1",
)  # fmt: skip
TEMPLATES = (
    "%s", "%s%s%s%s%n", "%d", "%(x)s", "%", "%%", "100%", "%1", "%1 %2 %L1", "{0}", "{}", "{x}", "{0.__class__}", "{{",
    "}", "{", "{0!r:>1000000}", "${HOME}", "$HOME", "$(id)", "`id`", "; id", "| id", "&& id", "!!", "~", "~root",
    "\\", "\\n", "\\x00", "\\u0041", "\\\\", "%00", "%2e%2e%2f", "%c0%ae",
)  # fmt: skip
PATHS = (
    "../", "..", ".", "./", "../../etc/passwd", "/etc/passwd", "//server/share", "..\\..\\boot.ini", "C:\\x.jpg",
    "C:", "C:x.jpg", "\\\\?\\C:\\x", "\\\\server\\share\\x", "file:///etc/passwd", "http://127.0.0.1/x", "CON", "con",
    "PRN", "aux.txt", "NUL", "nul.jpg", "COM1", "LPT9.png", "COM¹", "CONIN$", "CLOCK$", "x.", "x ", " x", "x. . .",
    "x.jpg.", "x.jpg ", "...", "a/b", "a//b", "a\\b", "/", "//", "\\", "a/../b", "a/./b", "a/..", "..a", "a..", ".hidden",
    "-rf", "--help", "-", "a:b", "a.jpg:stream", "a::$DATA", "a*b?", 'a"b', "a|b", "a<b>c", "a.jpg/b.jpg", "annotations.json",
    "dataset.jsonl", "images", "data", "metadata", ".git/config", "desktop.ini", "Thumbs.db", ".DS_Store", "a.JPG",
    "a.jpg", "A.jpg", "\u00e9.jpg", "e\u0301.jpg", "x" * 255, "x" * 256, "ü" * 128, "x" * 251 + ".jpg", "x" * 252 + ".jpg",
    "d/" * 200 + "x", "/".join(["long folder"] * 60), "a" * 120 + "/b", "..%2f..%2fx", "....//x", "..;/x", "\ufe52\ufe52/x",
)  # fmt: skip
QUERIES = (
    "'", "''", '"', "' OR '1'='1", "'; DROP TABLE image; --", '" OR ""="', "x' UNION SELECT * FROM api_key --", "/*", "*/",
    "--", "1; ATTACH 'x' AS y", "%' --", "_", "LIKE '%'", "NULL", "null", "None", "undefined", "NaN", "Infinity", "true",
    "0", "-0", "1e309", '{"$gt": ""}', '{"$where": "1"}', "$where", "$ne", "a.b", "a.$b", "[]", "{}", "()", "tag:x", "label:",
    "untagged", "tagged", 'tag:"', "a,b", "a b", "a:b", 'say "hi"', "back\\slash", 'q\\"', "VIAM_DATASET", "VIAM",
    "\\' OR 1=1", "x\u02bc OR 1=1",
)  # fmt: skip
LONG = (
    "x" * 10_000, "ü" * 5_000, "word " * 2_000, "漢" * 3_400, "👩‍👩‍👧‍👦" * 300, "\u202e" * 3_000, "<b>" * 3_000, "W" * 300,
    "a" * 4_096, "=" * 5_000, "/" * 5_000, "\u0301" * 3_000,
)  # fmt: skip
EMOJI = ("👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👍🏽", "😀", "1️⃣", "❤️", "☃", "🧑🏿‍🚀", "\U0001f1e6")
TWINS = (
    "\u00e9",
    "e\u0301",
    "\u212b",
    "\u00c5",
    "A\u030a",
    "Case",
    "CASE",
    "case",
    "cAsE",
    "straße",
    "STRASSE",
    "K",
    "\u212a",
)
NO_TEXT = ("\ud800", "a\udfffb", "\ud83d", "\ude00\ud83d", "x\udcff.jpg", "<b>\ud800</b>")
"""What no service and no file in UTF-8 can hold: halves of characters."""

STRINGS = tuple(
    dict.fromkeys((*MARKUP, *UNSEEN, *CONTROLS, *FORMULAS, *TEMPLATES, *PATHS, *QUERIES, *LONG, *EMOJI, *TWINS))
)
"""Each once; all of them are text."""

NAMES = tuple(one for one in STRINGS if one.strip())
"""Those that can name something: a label, tag or dataset must not be blank."""
