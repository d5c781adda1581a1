#!/usr/bin/env python3
"""Write the table of deviations in docs/COMPATIBILITY.md from deviations.json; --check only looks."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DOC = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "COMPATIBILITY.md")
HEAD = ["| type or case | Debezium 3.6.1 | pgwake | why |", "|---|---|---|---|"]


def subject(rule):
    """Types, marked as code unless described in words, and the case."""
    types = [t if " " in t or t == "others" else "`%s`" % t for t in rule.get("types", [])]
    return ": ".join(filter(None, (", ".join(types), rule.get("case"))))


def rows(rules):
    cells = [(subject(r), r["debezium"], r["pgwake"], r["why"]) for r in rules]
    return HEAD + ["| %s |" % " | ".join(c.replace("|", "\\|") for c in row) for row in cells]


def main():
    with open(os.path.join(HERE, "deviations.json"), encoding="utf-8") as f:
        rules = json.load(f)
    with open(DOC, encoding="utf-8") as f:
        lines = f.read().split("\n")
    start = end = lines.index(HEAD[0])
    while lines[end].startswith("|"):
        end += 1
    new = lines[:start] + rows(rules) + lines[end:]
    if new == lines:
        return 0
    if "--check" in sys.argv[1:]:
        print("docs/COMPATIBILITY.md:%d: not what deviations.json says; make docs writes it" % (start + 1))
        return 1
    with open(DOC, "w", encoding="utf-8", newline="\n") as f:
        f.write("\n".join(new))
    return 0


if __name__ == "__main__":
    sys.exit(main())
