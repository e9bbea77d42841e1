#!/usr/bin/env python3
"""The ledger of a large tenant: the first build by stage, questions to the kept one, and the day after.

    cargo install --locked --path . --root target/bench     # a release build
    python3 benches/ledger.py target/bench/bin/vouchsafe [users] [runs]

An invented tenant is taken in, but for the last day of its logs. Then, each as a whole process:
- the first question builds the ledger; its stages are those that `-v` prints;
- `holders` of one package and `holdings` of one person are asked of the kept ledger, by turns with DuckDB over the same
  kept Parquet (the `duckdb` package of Python, one process a question), and the answers are compared;
- the last day comes in, and the next question brings the ledger up to date; beside it the same lake is built anew.
The raw runs go to benches/results/.
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

DUCK = """
import duckdb, sys
path, column, value = sys.argv[1:]
rows = duckdb.execute(f"SELECT * FROM read_parquet(?) WHERE {column} = ?", [path, value]).fetchall()
print(len(rows))
"""


def run(command, **options):
    """Runs a command; returns wall seconds, peak resident memory in MiB, standard output and what it said."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=said, **options)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        out.seek(0), said.seek(0)
        text, message = out.read().decode(), said.read().decode()
    if os.waitstatus_to_exitcode(status) not in (0, 1, 5):
        raise SystemExit(f"{command} failed: {message}")
    return {"seconds": round(seconds, 3), "peak_mib": round(usage.ru_maxrss / 1024, 1)}, text, message


def last_day_apart(export, held_back):
    """Moves the records of the last day of each log into another folder; returns how many, of how many."""
    moved = total = 0
    newest = ""
    logs = [p for p in sorted(export.rglob("*")) if p.suffix in (".ndjson", ".jsonl") and p.parent.name in ("audit", "signins")]
    day = lambda line: (json.loads(line).get("activityDateTime") or json.loads(line).get("createdDateTime") or "")[:10]
    for log in logs:
        with open(log) as lines:
            newest = max([newest] + [day(line) for line in lines])
    for log in logs:
        kept, late = [], []
        with open(log) as lines:
            for line in lines:
                (late if day(line) >= newest else kept).append(line)
        total += len(kept) + len(late)
        if late:
            moved += len(late)
            log.write_text("".join(kept))
            target = held_back / log.relative_to(export)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(late))
    return moved, total


def main():
    program = str(Path(sys.argv[1]).resolve())
    users = int(sys.argv[2]) if len(sys.argv) > 2 else 32000
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    work = Path(tempfile.mkdtemp(prefix="vouchsafe-bench-"))
    lake = work / "lake"
    try:
        run([program, "--quiet", "synth", "--users", users, "--seed", 1, "--out", work / "tenant"])
        moved, total = last_day_apart(work / "tenant/export", work / "late")
        taken, _, _ = run([program, "ingest", work / "tenant/export", "--lake", lake])
        status = run([program, "lake", "status", "--lake", lake])[1]
        shutil.rmtree(work / "tenant")
        # The answer goes to a file: what this process holds would count as memory of those that it starts.
        first, _, stages = run([program, "-v", "holders", "--lake", lake, "--format", "jsonl", "--output", work / "rows.jsonl"])
        package = person = None
        with open(work / "rows.jsonl") as lines:
            for line in lines:
                row = json.loads(line)
                person = row["principal_id"]
                if row["entitlement_kind"] == "access_package":
                    package = row["entitlement_id"]
                    break
        folder = next((lake / "_ledger").iterdir())
        questions = {
            "package": (["holders", "--package", package, "--from", "2000-01-01"], folder / "holdings-by-resource.parquet", "resource", package),
            "person": (["holdings", person, "--from", "2000-01-01"], folder / "holdings-by-principal.parquet", "principal", person),
        }
        asked = {name: {"ours": [], "duckdb": [], "rows": 0} for name in questions}
        for _ in range(runs):
            for name, (question, path, column, value) in questions.items():
                ours, answer, _ = run([program, "--quiet", *question, "--lake", lake, "--format", "jsonl"])
                theirs, count, _ = run([sys.executable, "-c", DUCK, path, column, value])
                if len(answer.splitlines()) != int(count):
                    raise SystemExit(f"{name}: {len(answer.splitlines())} rows here, {count.strip()} in DuckDB")
                asked[name]["rows"] = int(count)
                asked[name]["ours"].append(ours)
                asked[name]["duckdb"].append(theirs)
        late, _, _ = run([program, "ingest", work / "late", "--lake", lake])
        daily, extended, daily_stages = run([program, "-v", "holders", "--package", package, "--lake", lake, "--format", "jsonl"])
        shutil.rmtree(lake / "_ledger"), shutil.rmtree(lake / "_condensed")
        anew, built, anew_stages = run([program, "-v", "holders", "--package", package, "--lake", lake, "--format", "jsonl"])
        if extended != built:
            raise SystemExit("the extended ledger differs from one that is built anew")
        middle = lambda many, key: statistics.median(r[key] for r in many)
        record = {
            "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.1f}",
            "program": run([program, "--version"])[1].strip(),
            "users": users,
            "tables": [line for line in status.splitlines() if any(t in line for t in ("assignments", "requests", "packages", "audit_events", "sign_ins"))],
            "ingest": taken,
            "first_build": {**first, "stages": stages.splitlines()},
            "questions": asked,
            "late": {"records": moved, "of": total, "ingest": late, "brought_up_to_date": {**daily, "stages": daily_stages.splitlines()},
                     "built_anew": {**anew, "stages": anew_stages.splitlines()}},
            "summary": {
                name: {
                    "ours_seconds": middle(a["ours"], "seconds"), "ours_peak_mib": middle(a["ours"], "peak_mib"),
                    "duckdb_seconds": middle(a["duckdb"], "seconds"),
                    "times_as_fast": round(middle(a["duckdb"], "seconds") / middle(a["ours"], "seconds"), 2),
                }
                for name, a in asked.items()
            } | {"daily_share_of_a_build": round(daily["seconds"] / anew["seconds"], 3)},
        }
        out = Path(__file__).parent / "results" / f"{record['date']}-ledger-{users}.json"
        out.write_text(json.dumps(record, indent=1) + "\n")
        print(json.dumps(record, indent=1))
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
