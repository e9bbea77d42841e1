#!/usr/bin/env python3
"""The report of a large tenant: seconds, peak memory, and the size of each file.

    cargo install --locked --path . --root target/bench     # a release build
    python3 benches/report.py target/bench/bin/vouchsafe [users] [runs]

An invented tenant is taken in once; then `report` is timed as a whole process: it opens the lake, builds the ledger,
runs the checks, asks again as of earlier month ends, and writes tables, workbook, pictures and the page.
The raw runs go to benches/results/. The mark is one minute and 2 GB for 300,000 assignments and 200,000 requests.
"""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path


def run(command):
    """Runs a command; returns wall seconds, peak resident memory in MiB, and what it said."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{command} failed: {message}")
    return {"seconds": round(seconds, 2), "peak_mib": round(usage.ru_maxrss / 1024, 1)}, message.strip()


def main():
    program, users, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40000, int(sys.argv[3]) if len(sys.argv) > 3 else 3
    work = Path(tempfile.mkdtemp(prefix="vouchsafe-bench-"))
    try:
        subprocess.run([program, "--quiet", "synth", "--users", str(users), "--seed", "1", "--out", work / "tenant"], check=True)
        taken, _ = run([program, "ingest", str(work / "tenant/export"), "--lake", str(work / "lake")])
        shutil.rmtree(work / "tenant")
        status = subprocess.run([program, "lake", "status", "--lake", work / "lake"], check=True, capture_output=True, text=True).stdout
        timed = []
        for _ in range(runs):
            shutil.rmtree(work / "out", ignore_errors=True)
            result, said = run([program, "report", "--lake", str(work / "lake"), "--out", str(work / "out")])
            timed.append(result)
        files = {str(p.relative_to(work / "out")): p.stat().st_size for p in sorted((work / "out").rglob("*")) if p.is_file()}
        record = {
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.1f}",
            "users": users,
            "said": said.splitlines()[0],
            "tables": [line for line in status.splitlines() if any(t in line for t in ("assignments", "requests", "packages", "audit_events", "sign_ins"))],
            "ingest": taken,
            "runs": timed,
            "summary": {
                "median_seconds": statistics.median(r["seconds"] for r in timed),
                "median_peak_mib": statistics.median(r["peak_mib"] for r in timed),
            },
            "bytes": files,
        }
        out = Path(__file__).parent / "results" / f"{record['date']}-report-{users}.json"
        out.write_text(json.dumps(record, indent=1) + "\n")
        print(json.dumps({k: record[k] for k in ("said", "runs", "summary", "bytes")}, indent=1))
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
