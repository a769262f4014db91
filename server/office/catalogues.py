"""The catalogues of the office's words: `compile` at set-up, `update` after pages say something new.

python -m server.office.catalogues compile
python -m server.office.catalogues update
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from server.office.wording import KEYWORDS, METHODS, TRANSLATIONS

HEAD = """# The words of the office's pages. `python3 dev.py words` brings new ones in; set-up compiles them.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def catalogues() -> list[Path]:
    return sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def read(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parts[-3])


def write(catalogue: Catalog, file: Path) -> None:
    """With a head that only says what a reader of the file must know, so that a diff shows words."""
    body = BytesIO()
    write_po(body, catalogue, sort_output=True, width=100, omit_header=True, ignore_obsolete=True)
    head = HEAD.format(language=catalogue.locale, plurals=catalogue.plural_forms)
    file.write_bytes(head.encode() + body.getvalue())


def compile_all() -> None:
    for file in catalogues():
        with file.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read(file))


def update_all() -> None:
    """New words come in without a translation, which the house test then names; old ones go."""
    found = extract_from_dir(str(TRANSLATIONS.parent), method_map=METHODS, keywords=KEYWORDS)
    template = Catalog()
    for _file, _line, message, _comments, _context in found:
        template.add(message)
    for file in catalogues():
        catalogue = read(file)
        catalogue.update(template, no_fuzzy_matching=True)
        write(catalogue, file)


if __name__ == "__main__":
    {"compile": compile_all, "update": update_all}[sys.argv[1]]()
