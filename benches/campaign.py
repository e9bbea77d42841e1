#!/usr/bin/env python3
"""A review campaign at scale: opened, all sheets returned in one import, status, close, later look, verify.

    cargo install --locked --path . --root target/bench     # a release build
    python3 benches/campaign.py target/bench/bin/vouchsafe [items] [reviewers] [folder]

Writes an invented tenant (users with managers, packages, assignments) as Graph pages, and prints seconds and peak memory of
each command. Every second item is kept, every tenth revoked, the rest is left to silence; the identities are recomputed here
from `status --format json` after each step. The raw run goes to benches/results/.
"""
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

OPENING = 1_782_950_400  # 2026-07-02
DAY = 86_400


def run(command, day, quiet=True):
    """Runs a command on a day after the opening; returns its standard output, wall seconds and peak memory in MiB."""
    start = time.perf_counter()
    out = tempfile.TemporaryFile()
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env={**os.environ, "SOURCE_DATE_EPOCH": str(OPENING + day * DAY)})
    message = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 5):
        raise SystemExit(f"{command[:6]} ended with {code}: {message[:2000]}")
    out.seek(0)
    return out.read().decode(), {"seconds": round(seconds, 2), "peak_mib": round(usage.ru_maxrss / 1024, 1)}


def guid(kind, n):
    return f"{kind:08x}-0000-4000-8000-{n:012x}"


def page(folder, name, context, rows):
    folder.mkdir(parents=True, exist_ok=True)
    body = {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{context}", "@odata.count": len(rows), "value": rows}
    (folder / name).write_text(json.dumps(body))


def tenant(folder, items, reviewers, gone=frozenset()):
    """Users with managers, 1,000 packages, and one assignment for each item."""
    managers = [{"id": guid(1, n), "displayName": f"Manager {n}", "userPrincipalName": f"manager{n}@corp.example", "mail": f"manager{n}@corp.example",
                 "accountEnabled": True, "userType": "Member", "department": f"Unit {n % 200}"} for n in range(reviewers)]
    people = max(1, items // 6)
    users = [{"id": guid(2, n), "displayName": f"Person {n}", "userPrincipalName": f"person{n}@corp.example", "accountEnabled": True, "userType": "Member",
              "department": f"Unit {n % 200}", "manager": {"@odata.type": "#microsoft.graph.user", "id": guid(1, n % reviewers)}} for n in range(people)]
    packages = [{"id": guid(3, n), "displayName": f"Package {n}", "description": "", "catalog": {"id": guid(5, 0), "displayName": "General"}} for n in range(1000)]
    rows = []
    for n in range(items):
        if n in gone:
            continue
        who, what = n % people, (n * 7 + n // people) % 1000
        rows.append({"id": guid(4, n), "state": "delivered", "status": "Delivered",
                     "schedule": {"startDateTime": "2026-01-05T08:00:00Z", "expiration": {"type": "noExpiration"}},
                     "accessPackage": {"id": guid(3, what), "displayName": f"Package {what}"},
                     "target": {"objectId": guid(2, who), "displayName": f"Person {who}", "principalName": f"person{who}@corp.example", "subjectType": "user"}})
    page(folder, "users-0000.json", "users", managers + users)
    page(folder, "accessPackages-0000.json", "identityGovernance/entitlementManagement/accessPackages", packages)
    page(folder, "assignments-0000.json", "identityGovernance/entitlementManagement/assignments(accessPackage(),target())", rows)


def identities(program, lake, campaign, day):
    """The status, its identities recomputed."""
    text, cost = run([program, "campaign", "status", campaign, "--lake", lake, "--format", "json"], day)
    status = json.loads(text)
    words = ["keep", "revoke", "modify", "exception", "undecided"]
    for rows in (status, *status["reviewers"], *status["packages"]):
        assert rows["population"] == sum(rows[w] for w in words), rows
    for w in ["population", *words]:
        assert sum(r[w] for r in status["reviewers"]) == status[w], w
    return {w: status[w] for w in ["population", *words, "completion"]} | {"reviewers": len(status["reviewers"])}, cost


def main():
    program = sys.argv[1]
    items, reviewers = (int(a) for a in (sys.argv[2:4] + ["300000", "5000"])[:2]) if len(sys.argv) > 3 else (300_000, 5_000)
    root = Path(sys.argv[4] if len(sys.argv) > 4 else tempfile.mkdtemp())
    lake, out = str(root / "lake"), root / "out"
    measured = {}
    tenant(root / "looks" / "2026-06-30", items, reviewers)
    _, measured["ingest"] = run([program, "ingest", str(root / "looks"), "--lake", lake, "--complete"], 0)
    (root / "campaign.toml").write_text('name = "Bench"\nsilence = "keep"\njustification = []\n[scope]\nkinds = ["access_package"]\n[[reviewers]]\nby = "manager"\n'
                                        '[[reminders]]\ndays_before = 7\nto = "reviewer"\n')
    text, measured["open"] = run([program, "campaign", "open", str(root / "campaign.toml"), "--lake", lake, "--out", str(out)], 0)
    campaign = text.strip()
    print(f"open {measured['open']}", file=sys.stderr)
    files, revoked = [], set()
    for sheet in sorted((out / campaign).glob("*/review.csv")):
        with open(sheet, newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f))
        head = {c: i for i, c in enumerate(rows[0])}
        for row in rows[1:]:
            n = int(row[head["assignment_id"]][-12:], 16)
            if n % 10 == 3:
                row[head["decision"]] = "revoke"
                revoked.add(n)
            elif n % 2 == 0:
                row[head["decision"]] = "keep"
        with open(sheet, "w", newline="", encoding="utf-8") as f:
            csv.writer(f, lineterminator="\n").writerows(rows)
        files.append(str(sheet))
    _, measured["import of one sheet"] = run([program, "campaign", "import", files[0], "--lake", lake], 1)
    _, measured["import of all sheets"] = run([program, "campaign", "import", *files, "--lake", lake], 2)
    print(f"import {measured['import of all sheets']}", file=sys.stderr)
    counts, measured["status"] = identities(program, lake, campaign, 2)
    assert counts["revoke"] == len(revoked), counts
    _, measured["remind, dry run"] = run([program, "campaign", "remind", campaign, "--lake", lake, "--dry-run"], 10)
    _, measured["close"] = run([program, "campaign", "close", campaign, "--lake", lake], 20)
    closed, _ = identities(program, lake, campaign, 20)
    assert closed["undecided"] == 0 and closed["completion"] == counts["completion"], closed
    tenant(root / "later" / "2026-08-10", items, reviewers, gone=frozenset(n for n in revoked if n % 20 == 3))
    _, measured["ingest of the later look"] = run([program, "ingest", str(root / "later"), "--lake", lake, "--complete"], 40)
    text, measured["verify"] = run([program, "campaign", "verify", campaign, "--lake", lake, "--format", "json"], 40)
    outcomes = {}
    for row in json.loads(text):
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + 1
    assert sum(outcomes.values()) == counts["revoke"], outcomes
    assert outcomes["removed and verified"] == sum(1 for n in revoked if n % 20 == 3), outcomes
    result = {"date": datetime.now(timezone.utc).isoformat(timespec="seconds"), "machine": platform.platform(), "cpus": os.cpu_count(),
              "items": items, "reviewers": reviewers, "measured": measured, "before the close": counts, "after the close": closed, "outcomes": outcomes}
    print(json.dumps(result, indent=2))
    target = Path(__file__).parent / "results" / f"{datetime.now(timezone.utc):%Y-%m-%d}-campaign.json"
    target.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
