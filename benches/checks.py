#!/usr/bin/env python3
"""Precision and recall of every check over planted cases, each with near misses beside it.

    python3 benches/checks.py [seeds]

Runs the test that tells the stories of all pages many times over, under other names, among people who have nothing to do with
them, in tenants of three sizes, and writes its figures with command, date and machine to benches/results.
"""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMAND = ["cargo", "test", "--locked", "--lib", "--", "every_planted_case"]


def main():
    seeds = sys.argv[1] if len(sys.argv) > 1 else "20"
    with tempfile.TemporaryDirectory() as folder:
        figures = pathlib.Path(folder) / "figures.json"
        env = os.environ | {"VOUCHSAFE_SEEDS": seeds, "VOUCHSAFE_FIGURES": str(figures)}
        ended = subprocess.run(COMMAND, cwd=ROOT, env=env, check=False).returncode
        told = json.loads(figures.read_text())
    today = datetime.date.today().isoformat()
    head = {
        "date": today,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "command": f"python3 benches/checks.py {seeds}",
        "passed": ended == 0,
    }
    total = {name: sum(c[name] for c in told["checks"]) for name in ("planted", "near_misses", "found", "accused_wrongly")}
    lines = ",\n".join("    " + json.dumps(c) for c in told.pop("checks"))
    first = json.dumps(head | told | total, indent=2)[:-2]
    path = ROOT / "benches" / "results" / f"{today}-checks.json"
    path.write_text(f'{first},\n  "checks": [\n{lines}\n  ]\n}}\n')
    print(path)
    sys.exit(ended)


if __name__ == "__main__":
    main()
