#!/usr/bin/env python3
"""The whole catalogue on a large tenant, once its ledger is kept: all checks at once, and the time of each.

    cargo install --locked --path . --root target/bench     # a release build
    python3 benches/catalogue.py target/bench/bin/vouchsafe [users or a lake] [runs]

A lake is taken as it is; for a number an invented tenant of so many people is taken in.
A question keeps the ledger first. Then, each as a whole process:
- all checks, with all threads;
- all checks with one thread, where the lines of `-v` tell what each check takes by itself.
The raw runs go to benches/results/.
"""
import json
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from ledger import run

STAGE = re.compile(r"^(?P<name>\S.*?) {2,}(?P<seconds>[\d.]+) s *(?:(?P<rows>[\d,]+) rows)? *(?:peak (?P<peak>\d+) MiB)?$")
CHECK = re.compile(r"^[A-Z]{3}-\d\d$")


def stages(said):
    """The lines of `-v`: of checks by id, and of other steps."""
    checks, steps = {}, []
    for line in said.splitlines():
        found = STAGE.match(line)
        if found and CHECK.match(found["name"]):
            checks[found["name"]] = {"seconds": float(found["seconds"]), "population": int((found["rows"] or "0").replace(",", ""))}
        elif found:
            steps.append(line)
    return checks, steps


def main():
    program = str(Path(sys.argv[1]).resolve())
    tenant = sys.argv[2] if len(sys.argv) > 2 else "32000"
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    work = Path(tempfile.mkdtemp(prefix="vouchsafe-bench-"))
    lake = work / "lake" if tenant.isdigit() else Path(tenant)
    try:
        if tenant.isdigit():
            run([program, "--quiet", "synth", "--users", tenant, "--seed", 1, "--out", work / "tenant"])
            run([program, "--quiet", "ingest", work / "tenant/export", "--lake", lake])
            shutil.rmtree(work / "tenant")
        first, _, _ = run([program, "--quiet", "check", "LOG-01", "--lake", lake, "--format", "jsonl"])
        command = [program, "-v", "check", "--lake", lake, "--format", "jsonl", "--output", work / "findings.jsonl"]
        whole, alone, each = [], [], {}
        for _ in range(runs):
            taken, _, said = run(command)
            whole.append({**taken, "steps": stages(said)[1]})
            taken, _, said = run(command, env=os.environ | {"RAYON_NUM_THREADS": "1"})
            alone.append(taken)
            for check, took in stages(said)[0].items():
                each.setdefault(check, {"population": took["population"], "seconds": []})["seconds"].append(took["seconds"])
        with open(work / "findings.jsonl") as lines:
            findings = sum(1 for _ in lines)
        record = {
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.1f}",
            "program": run([program, "--version"])[1].strip(),
            "tenant": f"{tenant} invented people" if tenant.isdigit() else "a lake that was there",
            "rows_of_findings": findings,
            "summary": {
                "seconds": statistics.median(r["seconds"] for r in whole),
                "peak_mib": max(r["peak_mib"] for r in whole),
                "one_thread_seconds": statistics.median(r["seconds"] for r in alone),
                "slowest": sorted(each, key=lambda c: -statistics.median(each[c]["seconds"]))[:5],
            },
            "first_question": first,
            "all_checks": whole,
            "all_checks_with_one_thread": alone,
        }
        text = json.dumps(record, indent=1)[:-2]
        lines = ",\n".join(f"  {json.dumps(check)}: {json.dumps(took)}" for check, took in each.items())
        out = Path(__file__).parent / "results" / f"{record['date']}-catalogue-{tenant if tenant.isdigit() else 'lake'}.json"
        out.write_text(f'{text},\n "each_check_with_one_thread": {{\n{lines}\n }}\n}}\n')
        print(json.dumps(record["summary"], indent=1))
        print(out)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
