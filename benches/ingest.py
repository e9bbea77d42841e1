#!/usr/bin/env python3
"""Ingest of directory audits against DuckDB's read_json to Parquet: same file, same run, runs alternating.

    cargo install --locked --path . --root target/bench     # a release build
    pip install duckdb
    python3 benches/ingest.py target/bench/bin/vouchsafe [users] [runs]

Prints events per second, seconds and peak memory of each run and the ratio of the medians,
and writes the raw runs to benches/results/. Whole processes are timed: start, read, write, exit.
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

DUCKDB = """
import duckdb, sys
duckdb.sql(f"COPY (SELECT * FROM read_json('{sys.argv[1]}', format='newline_delimited', sample_size=20000)) "
           f"TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)")
"""


def run(command):
    """Runs a command; returns wall seconds and peak resident memory in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{command} failed: {message.decode()}")
    return {"seconds": round(seconds, 3), "peak_mib": round(usage.ru_maxrss / 1024, 1)}


def main():
    program, users, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 16000, int(sys.argv[3]) if len(sys.argv) > 3 else 5
    work = Path(tempfile.mkdtemp(prefix="vouchsafe-bench-"))
    try:
        subprocess.run([program, "--quiet", "synth", "--users", str(users), "--seed", "1", "--out", work / "tenant"], check=True)
        events = work / "audit.ndjson"
        count = 0
        with events.open("wb") as out:
            for path in sorted((work / "tenant/export/audit").glob("directoryAudits-*.ndjson")):
                data = path.read_bytes()
                count += data.count(b"\n")
                out.write(data)
        shutil.rmtree(work / "tenant")
        size = events.stat().st_size
        results = {"vouchsafe": [], "duckdb": []}
        for _ in range(runs):
            results["vouchsafe"].append(run([program, "--quiet", "ingest", str(events), "--lake", str(work / "lake")]))
            shutil.rmtree(work / "lake")
            results["duckdb"].append(run([sys.executable, "-c", DUCKDB, str(events), str(work / "out.parquet")]))
            (work / "out.parquet").unlink()
        import duckdb

        summary = {}
        for name, list_ in results.items():
            seconds = statistics.median(r["seconds"] for r in list_)
            summary[name] = {
                "median_seconds": seconds,
                "events_per_second": round(count / seconds),
                "mb_per_second": round(size / seconds / 1e6),
                "median_peak_mib": statistics.median(r["peak_mib"] for r in list_),
            }
        record = {
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
            "duckdb": duckdb.__version__,
            "events": count,
            "bytes": size,
            "runs": results,
            "summary": summary,
            "duckdb_seconds_by_vouchsafe_seconds": round(summary["duckdb"]["median_seconds"] / summary["vouchsafe"]["median_seconds"], 2),
        }
        out = Path(__file__).parent / "results" / f"{record['date']}-ingest.json"
        out.write_text(json.dumps(record, indent=2) + "\n")
        print(json.dumps({k: v for k, v in record.items() if k != "runs"}, indent=2))
        print(f"raw runs: {out}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
