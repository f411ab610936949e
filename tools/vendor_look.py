"""Make the vendored look anew: GOV.UK Frontend and MoJ Frontend, compiled once, and MapLibre GL JS for the map.

Run by hand when a version changes (it needs npm and dart-sass, which nothing else does):

    python tools/vendor_look.py

What it writes is committed: `src/fourfold/web/static/vendor/` with licences and SHA256SUMS. The GDS Transport font and
the crown are for gov.uk services only, so neither is taken; source-map comments are stripped, since the maps are not.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src" / "fourfold" / "web" / "static" / "vendor"
PACKAGES = {
    "govuk-frontend": "6.3.0",
    "@ministryofjustice/frontend": "11.1.0",
    "sass": "1.108.2",
    "maplibre-gl": "6.17.0",
}
FONT = '"Arial", "Liberation Sans", "Helvetica Neue", sans-serif'
GOVUK = f"""
@use "govuk-frontend/dist/govuk" with ($govuk-include-default-font-face: false, $govuk-font-family: ({FONT}));
"""
MOJ_PARTS = ("alert", "badge", "banner", "identity-bar", "pagination", "primary-navigation", "sortable-table",
             "sub-navigation", "timeline")  # fmt: skip
MOJ = f"""
@use "@ministryofjustice/frontend/moj/settings/all" with ($moj-font-family: ({FONT}));
@use "@ministryofjustice/frontend/moj/objects/all" as objects;
""" + "".join(f'@use "@ministryofjustice/frontend/moj/components/{p}/{p}" as {p};\n' for p in MOJ_PARTS)
_MIT = """The MIT License (MIT)

{owner}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def main() -> None:
    """Fetch, compile, strip, copy, and write the sums."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "package.json").write_text(json.dumps({"name": "look", "version": "1.0.0", "private": True}))
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *wanted], cwd=work, check=True
        )
        modules = work / "node_modules"
        write(VENDOR / "govuk-frontend" / "govuk-frontend.css", compiled(work, "govuk", GOVUK))
        write(VENDOR / "moj-frontend" / "moj-frontend.css", compiled(work, "moj", MOJ))
        write(
            VENDOR / "govuk-frontend" / "govuk-frontend.js",
            (modules / "govuk-frontend/dist/govuk/govuk-frontend.min.js").read_text(),
        )
        write(
            VENDOR / "moj-frontend" / "sortable-table.js",
            (
                modules / "@ministryofjustice/frontend/moj/components/sortable-table/sortable-table.bundle.mjs"
            ).read_text(),
        )
        for name in ("maplibre-gl.mjs", "maplibre-gl-worker.mjs"):
            write(VENDOR / "maplibre-gl" / name, (modules / "maplibre-gl" / "dist" / name).read_text())
        # Its style sheet is left out: it draws controls from data addresses, which the policy forbids; ours are buttons.
        shutil.copy(modules / "maplibre-gl" / "LICENSE.txt", VENDOR / "maplibre-gl" / "LICENSE")
    (VENDOR / "govuk-frontend" / "LICENSE").write_text(
        _MIT.format(owner="Copyright (C) 2017 Crown Copyright (Government Digital Service)")
    )
    (VENDOR / "moj-frontend" / "LICENSE").write_text(_MIT.format(owner="Copyright (C) 2018 Ministry of Justice"))
    found = sorted(p for p in VENDOR.rglob("*") if p.is_file() and p.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(VENDOR)}" for p in found]
    (VENDOR / "SHA256SUMS").write_text("\n".join(sums) + "\n")


def compiled(work: Path, name: str, source: str) -> str:
    """SCSS as one compressed style sheet."""
    (work / f"{name}.scss").write_text(source)
    paths = ["--load-path=.", "--load-path=node_modules"]
    sass = [str(work / "node_modules/.bin/sass"), "--style=compressed", "--no-source-map", "--quiet-deps", *paths]
    return subprocess.run([*sass, f"{name}.scss"], cwd=work, check=True, capture_output=True, text=True).stdout


def write(path: Path, text: str) -> None:
    """A file without source-map comments, and without the crown."""
    text = re.sub(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=\S+", "", text)
    text = re.sub(r"\.govuk-footer__copyright-logo[^{]*\{[^}]*\}", "", text)
    text = re.sub(r"background-image:url\([^)]*crest[^)]*\);?", "", text)
    assert "GDS Transport" not in text
    assert "govuk-crest" not in text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    shutil.rmtree(VENDOR, ignore_errors=True)
    main()
