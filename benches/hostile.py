#!/usr/bin/env python3
"""Mutated exports, kills, a full disk, a read-only lake and low limits: what became of each, as JSON on stdout.

    benches/hostile.py PROGRAM [FILES] [KILLS]

Every run must end with an exit code of the contract and without a panic; after a kill the lake must verify, and a second
ingest of the same input must bring it to the rows of a lake that was never disturbed.
"""
import collections
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

program = os.path.abspath(sys.argv[1])
files = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
kills = int(sys.argv[3]) if len(sys.argv) > 3 else 200
sample = Path(__file__).resolve().parent.parent / "sample-data"
dice = random.Random(20261128)
work = Path(tempfile.mkdtemp(prefix="vouchsafe-hostile-"))
env = dict(os.environ, SOURCE_DATE_EPOCH="1793000000")


def run(*args, limit=None, cwd=work):
    def low():
        if limit:
            resource.setrlimit(*limit)
    done = subprocess.run([program, *map(str, args)], cwd=cwd, env=env, preexec_fn=low, restore_signals=not limit, capture_output=True, timeout=600)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def mutated(data):
    """One mistake or several of the kinds that transport, editors and enemies make."""
    data = bytearray(data)
    for _ in range(dice.choice([1, 1, 1, 3, 10])):
        at = dice.randrange(len(data)) if data else 0
        kind = dice.randrange(9)
        if kind == 0 and data:
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            del data[at:at + dice.randrange(1, 200)]
        elif kind == 3:
            data[at:at] = data[at:at + dice.randrange(1, 2000)]
        elif kind == 4:
            data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 30)))
        elif kind == 5:
            for old, new in dice.sample([(b'"', b"'"), (b"{", b"["), (b":", b";"), (b"Z", b""), (b"2026", b"0001"), (b"true", b'"yes"'), (b"null", b"[]")], 2):
                data = bytearray(bytes(data).replace(old, new, dice.choice([1, 5])))
        elif kind == 6:
            data = bytearray(bytes(data).decode(errors="replace").encode("utf-16"))
        elif kind == 7:
            data[at:at] = b"\x00\xff\xfe"
        else:
            data = bytearray(bytes(data).replace(b"\n", b"\r\n", dice.choice([1, 1000])))
    return bytes(data)


def rows(lake):
    code, out, err = run("lake", "status", "--lake", lake)
    assert code == 0, err
    return {w[1]: int(w[3]) for line in out.splitlines() if (w := line.split()) and len(w) > 4 and w[0] == "│" and w[3].isdigit()}


exports = [p for p in sorted(sample.rglob("*")) if p.suffix in (".json", ".ndjson")]
result = {"files": 0, "exits": collections.Counter(), "panics": 0, "untied": 0, "peak_kib": 0}
batch = 25
while result["files"] < files:
    folder = work / "in"
    shutil.rmtree(folder, ignore_errors=True)
    for n in range(min(batch, files - result["files"])):
        source = dice.choice(exports)
        place = folder / f"{n}" / source.parent.name
        place.mkdir(parents=True)
        (place / source.name).write_bytes(mutated(source.read_bytes()))
        result["files"] += 1
    shutil.rmtree(work / "lake", ignore_errors=True)
    code, out, err = run("ingest", folder, "--lake", "lake")
    result["exits"][code] += 1
    result["panics"] += "panicked" in err or "this is a bug" in err or code == 70 or code < 0
    named = sum(1 for _ in folder.rglob("*.*json"))
    if code == 0:
        _, status, _ = run("lake", "status", "--lake", "lake")
        result["untied"] += "┆ NO" in status
result["peak_kib"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
result["exits"] = {str(k): v for k, v in sorted(result["exits"].items())}

shutil.rmtree(work / "lake", ignore_errors=True)
code, out, err = run("ingest", sample, "--lake", "lake")
assert code == 0, err
whole = rows("lake")
killed = {"kills": 0, "broken": 0, "lost_or_doubled": 0}
while killed["kills"] < kills:
    shutil.rmtree(work / "lake", ignore_errors=True)
    process = subprocess.Popen([program, "ingest", sample, "--lake", "lake"], cwd=work, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=dice.uniform(0.01, 2.0))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    killed["kills"] += 1
    code, out, err = run("ingest", sample, "--lake", "lake")
    killed["broken"] += code != 0
    code, out, err = run("lake", "verify", "--lake", "lake")
    killed["broken"] += code != 0
    killed["lost_or_doubled"] += rows("lake") != whole

other = {}
shutil.rmtree(work / "lake", ignore_errors=True)
run("ingest", sample, "--lake", "lake")
for path in [work / "lake", *sorted((work / "lake").rglob("*"))]:
    if path.is_dir():
        path.chmod(0o500)
code, out, err = run("check", "--lake", "lake", "--format", "csv")
other["read_only_lake_check"] = code
for path in [work / "lake", *sorted((work / "lake").rglob("*"))]:
    if path.is_dir():
        path.chmod(0o700)
for name, limit in {
    "file_size_64k": (resource.RLIMIT_FSIZE, (65536, 65536)),
    "open_files_16": (resource.RLIMIT_NOFILE, (16, 16)),
}.items():
    shutil.rmtree(work / "low", ignore_errors=True)
    code, out, err = run("ingest", sample, "--lake", "low", limit=limit)
    panic = "panicked" in err or "this is a bug" in err
    again, _, said = run("ingest", sample, "--lake", "low")
    other[name] = {"exit": code, "panic": panic, "afterwards": again, "same_rows": rows("low") == whole}
shutil.rmtree(work)
print(json.dumps({"mutated": result, "killed": killed, "other": other}, indent=1))
