#!/usr/bin/env python3
"""The ledger and the checks against the truth of many invented tenants, through the program alone.

    python3 benches/truth.py PROGRAM [seeds]

For each seed two tenants of 60 people: one with duplicates, disorder, malformed lines and, every second seed, clock skew,
whose holdings must equal the truth row by row and whose findings must be the planted ones and no others; and one with
thirty days of logs and monthly looks, whose exact ends must be right and whose other bounds must contain the truth.
Writes the counts to benches/results/ and ends with 1 when anything differs.
"""
import csv
import platform
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import datetime, timezone
from pathlib import Path


def rows(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def instant(text):
    """Microseconds since 1970, or None."""
    if not text:
        return None
    head, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.strptime(head, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6] if fraction else 0)


def tenant(program, seed, switches, work):
    subprocess.run([program, "--quiet", "synth", "--users", "60", "--seed", str(seed), "--out", work / "t", *switches], check=True)
    subprocess.run([program, "--quiet", "run", work / "t/export", "--lake", work / "lake", "--out", work / "out"], check=True)
    subprocess.run([program, "--quiet", "holders", "--lake", work / "lake", "--from", "2000-01-01", "--until", "2100-01-01", "--format", "csv", "--output", work / "all.csv"])
    contested = {(r["principal_id"], r["entitlement_id"]) for r in rows(work / "t/truth/contested.csv")}
    held = []
    for r in rows(work / "all.csv"):
        r["entitlement_id"] = r["entitlement_id"].removesuffix("|active")
        if r["principal_type"] in ("user", "guest") and r["assignment_state"] == "active" and (r["principal_id"], r["entitlement_id"]) not in contested:
            held.append(r)
    truth = [r for r in rows(work / "t/truth/holdings.csv") if (r["principal_id"], r["entitlement_id"]) not in contested]
    return truth, held


def exact(program, seed, work):
    switches = ["--duplicates", "--disorder", "--malformed"] + (["--clock-skew"] if seed % 2 == 0 else [])
    truth, held = tenant(program, seed, switches, work)
    line = lambda r: (r["principal_id"], r["entitlement_kind"], r["entitlement_id"], instant(r["held_from"]), instant(r["held_until"]))
    expected, found = Counter(map(line, truth)), Counter(map(line, held))
    wrong = [("missing", *k) for k in (expected - found)] + [("extra", *k) for k in (found - expected)]
    wrong += [("unsure", line(r)) for r in held if r["from_certainty"] != "exact" or r["until_certainty"] not in ("exact", "open")]
    key = lambda r: (r["check"], r["subject_id"], r["object_id"])
    planted = Counter(map(key, rows(work / "t/truth/planted.csv")))
    fired = Counter(key(r) for r in rows(work / "out/findings.csv") if r["result"] == "finding")
    # The truth is known for the checks that cases are planted for.
    fired = Counter({k: n for k, n in fired.items() if k[0] in {p[0] for p in planted}})
    wrong += [("missed", *k) for k in (planted - fired)] + [("not planted", *k) for k in (fired - planted)]
    return len(truth), sum(planted.values()), wrong


def short(program, seed, work):
    truth, held = tenant(program, seed, ["--short-retention", "--duplicates", "--disorder"], work)
    spans = defaultdict(list)
    for r in truth:
        spans[r["principal_id"], r["entitlement_id"]].append((instant(r["held_from"]), instant(r["held_until"])))
    exact_ends, other_ends, wrong, merged = 0, 0, [], 0
    never = 1 << 62
    for r in held:
        t = {k: instant(r[k]) for k in ("held_from", "held_until", "from_earliest", "from_latest", "until_earliest", "until_latest")}
        if r["from_certainty"] == "exact":
            begins = lambda f: f == t["held_from"]
        else:
            begins = lambda f: (t["from_earliest"] or 0) <= f <= (t["from_latest"] or never)
        if r["until_certainty"] == "exact":
            ends = lambda u: u == t["held_until"]
        elif r["until_certainty"] == "open":
            ends = lambda u: u is None
        else:
            ends = lambda u: (u or never) >= (t["until_earliest"] or 0) and (t["until_latest"] is None or (u is not None and u <= t["until_latest"]))
        for certainty in (r["from_certainty"], r["until_certainty"]):
            exact_ends += certainty == "exact"
            other_ends += certainty in ("bounded", "scheduled", "unknown")
        known = spans[r["principal_id"], r["entitlement_id"]]
        if any(begins(f) and ends(u) for f, u in known):
            continue
        # A pause between two holdings that no look falls into cannot be seen: the first begins it and the last ends it.
        if any(begins(f) for f, _ in known) and any(ends(u) for _, u in known):
            merged += 1
        else:
            wrong.append((r["principal_id"], r["entitlement_id"], r["from_certainty"], r["until_certainty"]))
    return exact_ends, other_ends, merged, wrong


def main():
    program, seeds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 50
    total, wrong = Counter(), []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory(prefix="vouchsafe-truth-") as work:
            compared, planted, bad = exact(program, seed, Path(work))
            total.update(rows_compared=compared, planted_findings=planted)
            wrong += [(seed, "exact", *b) for b in bad]
        with tempfile.TemporaryDirectory(prefix="vouchsafe-truth-") as work:
            exact_ends, other_ends, merged, bad = short(program, seed, Path(work))
            total.update(short_exact_ends=exact_ends, short_other_ends=other_ends, short_merged_across_an_unseen_pause=merged)
            wrong += [(seed, "short", *b) for b in bad]
    date = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    lines = [f"date {date}", f"machine {platform.machine()}, {os.cpu_count()} cores", f"seeds 1 to {seeds}, 60 people each"]
    lines += [f"{k} {v}" for k, v in sorted(total.items())] + [f"differences {len(wrong)}"] + [str(w) for w in wrong[:50]]
    out = Path(__file__).parent / "results" / f"{date}-truth.txt"
    out.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
