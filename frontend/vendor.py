"""Copy the pinned browser files to where they are served, with their licences and hashes.

Run by ``make vendor`` after ``npm ci``. What it writes is committed, so nobody else needs npm.
"""

from __future__ import annotations

import json
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
MODULES: Final = HERE / "node_modules"
ROOT: Final = HERE.parent
SERVED: Final = ROOT / "static" / "vendor"
TESTED: Final = ROOT / "tests" / "browser" / "vendor"

PLOTLY: Final = MODULES / "plotly.js-basic-dist-min"
INTER: Final = MODULES / "@fontsource-variable" / "inter"
AXE: Final = MODULES / "axe-core"

#: What goes where: the folder, the name there, the file in its package.
FILES: Final = (
    (SERVED, "plotly-basic.min.js", PLOTLY / "plotly-basic.min.js"),
    (SERVED, "plotly-basic.LICENSE.txt", PLOTLY / "LICENSE"),
    (SERVED, "inter-latin.woff2", INTER / "files" / "inter-latin-wght-normal.woff2"),
    (SERVED, "inter.LICENSE.txt", INTER / "LICENSE"),
    (TESTED, "axe.min.js", AXE / "axe.min.js"),
    (TESTED, "axe.LICENSE.txt", AXE / "LICENSE"),
)

_RULE_TABLE: Final = re.compile(r'=\{"X,X div":.*?\};')
_RULE: Final = re.compile(r"""(?:"([^"]*)"|'([^']*)'):(?:"([^"]*)"|'([^']*)')""")


def main() -> None:
    """Fill both folders; what is not in the list leaves them."""
    for folder in (SERVED, TESTED):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for folder, name, origin in FILES:
        shutil.copyfile(origin, folder / name)
    (SERVED / "plotly.css").write_text(plotly_rules())
    for folder in (SERVED, TESTED):
        lock = {
            path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())
        }
        text = {"versions": _versions(folder), "sha256": lock}
        (folder / "vendor.lock.json").write_text(json.dumps(text, indent=2) + "\n")


def plotly_rules() -> str:
    """Give, as a style sheet, the rules that plotly.js would add to the page from a script."""
    bundle = (PLOTLY / "plotly-basic.min.js").read_text()
    table = _RULE_TABLE.search(bundle)
    if table is None:
        raise SystemExit("plotly.js keeps its style rules somewhere else now: look for 'X,X div'")
    rules = [f"{_selector(a or b)}{{{c or d}}}" for a, b, c, d in _RULE.findall(table.group())]
    return "/* plotly.js (MIT), extracted by frontend/vendor.py */\n" + "\n".join(rules) + "\n"


def _selector(short: str) -> str:
    """Write a selector out: X stands for a chart, Y for its messages."""
    return short.replace("X", ".js-plotly-plot .plotly").replace("Y", ".plotly-notifier")


def _versions(folder: Path) -> dict[str, str]:
    origins = [origin for where, _, origin in FILES if where == folder]
    packages = [p for p in (PLOTLY, INTER, AXE) if any(p in origin.parents for origin in origins)]
    manifests = [json.loads((package / "package.json").read_text()) for package in packages]
    return {manifest["name"]: manifest["version"] for manifest in manifests}


if __name__ == "__main__":
    main()
