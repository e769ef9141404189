"""Write every generated page: ``python -m docgen``."""

from __future__ import annotations

import sys

from docgen.pages import ROOT, generated_pages


def main() -> None:
    """Write the pages that differ, and print which."""
    for path, text in generated_pages().items():
        if (ROOT / path).read_text("utf-8") != text:
            (ROOT / path).write_text(text, "utf-8")
            sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
