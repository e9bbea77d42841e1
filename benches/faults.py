#!/usr/bin/env python3
"""Mutated exports, kills, full disks, a read-only lake, low limits and inputs that unpack to much: what became of each.

    python3 benches/faults.py PROGRAM [--files 5000] [--kills 200] [--scale 1.0] [--seed N] [--minutes M] [--only mutated,killed,full,read_only,limits,bounds]

What must hold, and is counted where it does not: no panic; every file that was named is on record in the lake, and of lines of
JSON as many records as there are lines; records read = kept + duplicate + rejected + unrecognised; after each kill and each
full disk the lake verifies, and the same ingest again brings it to the rows of a lake that was never disturbed. Everything is
drawn by a seed. The result is JSON on standard output, with machine and date; raw runs are in benches/results/.
`--scale 0.01` makes the large inputs a hundredth as large: what the test suite runs.
"""
import argparse
import collections
import datetime
import gzip
import io
import json
import os
import platform
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

options = argparse.ArgumentParser()
options.add_argument("program")
options.add_argument("--files", type=int, default=5000)
options.add_argument("--kills", type=int, default=200)
options.add_argument("--scale", type=float, default=1.0)
options.add_argument("--seed", type=int, default=20261128)
options.add_argument("--minutes", type=float, default=1e9, help="begin no more mutations and kills after so long; what was done is told")
options.add_argument("--only", default="mutated,killed,full,read_only,limits,bounds")
options = options.parse_args()
program = os.path.abspath(options.program)
wanted = options.only.split(",")
sample = Path(__file__).resolve().parent.parent / "sample-data"
dice = random.Random(options.seed)
begun = time.monotonic()
in_time = lambda: time.monotonic() - begun < options.minutes * 60
work = Path(tempfile.mkdtemp(prefix="vouchsafe-faults-"))
work.chmod(0o755)
env = {k: v for k, v in os.environ.items() if not k.startswith("VOUCHSAFE_")}
env.update(SOURCE_DATE_EPOCH="1793000000", HOME=str(work))
NOBODY = 65534
# Exit codes of the contract, but for 70: a bug.
CONTRACT = {0, 1, 2, 3, 4, 5, 74}
panics = []


class Ended:
    """How a run ended: exit code (negative for a signal), both streams, seconds and peak memory in MiB."""

    def __init__(self, args, limit=None, user=None, cwd=work, kill_after=None, timeout=1800, executable=program):
        def before():
            if user is not None:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
            if limit:
                resource.setrlimit(*limit)

        # A file that grows past its limit is an error to the program, and no signal, as with a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        start = time.perf_counter()
        process = subprocess.Popen([executable, *map(str, args)], cwd=cwd, env=env, stdout=out, stderr=err, preexec_fn=before, restore_signals=False)
        self.killed = False
        if kill_after is not None:
            try:
                process.wait(timeout=kill_after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                self.killed = True
        _, status, usage = os.wait4(process.pid, 0) if process.returncode is None else (0, None, None)
        self.code = os.waitstatus_to_exitcode(status) if status is not None else process.returncode
        self.seconds = round(time.perf_counter() - start, 2)
        self.peak_mib = round(usage.ru_maxrss / 1024, 1) if usage else 0
        for stream in (out, err):
            stream.seek(0)
        self.out, self.err = out.read().decode(errors="replace"), err.read().decode(errors="replace")
        if self.code == 70 or "panicked" in self.err or "this is a bug" in self.err:
            panics.append({"args": [str(a) for a in args], "code": self.code, "stderr": self.err[-800:]})

    def brief(self):
        last = self.err.strip().splitlines()[-1:] or [""]
        return {"exit": self.code, "seconds": self.seconds, "peak_mib": self.peak_mib, "says": last[0].replace(str(work), "DIR")[:160]}


def run(*args, **more):
    return Ended(args, **more)


def fresh(*names):
    for name in names:
        shutil.rmtree(work / name, ignore_errors=True)


def books(lake):
    """The lake's own account: rows by table, sources with their five counts, and files of which nothing was taken."""
    told = run("lake", "status", "--lake", lake)
    assert told.code == 0, told.err
    tables, sources, not_taken, part = {}, {}, set(), ""
    for line in told.out.splitlines():
        cells = line.split("\t")
        if cells[0] in ("table", "source", "log", "collection"):
            part = cells[0]
        elif part == "table" and len(cells) == 4 and cells[1].isdigit():
            tables[cells[0]] = int(cells[1])
        elif part == "source" and len(cells) == 7:
            sources[cells[0]] = [int(c) for c in cells[1:6]]
        elif line.startswith("note on ") and ": not taken: " in line:
            not_taken.add(line[len("note on "):].split(": not taken: ")[0])
    return tables, sources, not_taken


def mutated(data):
    """One mistake or several of the kinds that transport, editors and enemies make."""
    data = bytearray(data)
    for _ in range(dice.choice([1, 1, 1, 3, 10])):
        at = dice.randrange(len(data)) if data else 0
        kind = dice.randrange(10)
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
            swaps = [(b'"', b"'"), (b"{", b"["), (b":", b";"), (b"Z", b""), (b"2026", b"0001"), (b"2025", b"99999"), (b"true", b'"yes"'), (b"null", b"[]"), (b'"id"', b'"ID"'), (b"0", b"-9223372036854775808")]
            for old, new in dice.sample(swaps, 2):
                data = bytearray(bytes(data).replace(old, new, dice.choice([1, 5])))
        elif kind == 6:
            data = bytearray(bytes(data).decode(errors="replace").encode("utf-16"))
        elif kind == 7:
            data[at:at] = b"\x00\xff\xfe"
        elif kind == 8:
            data = bytearray(gzip.compress(bytes(data), mtime=0))
        else:
            data = bytearray(bytes(data).replace(b"\n", b"\r\n", dice.choice([1, 1000])))
    return bytes(data)


def lines_of(data):
    """How many records a file of JSON lines has at least; None where it is not plain lines of JSON any more."""
    if data[:2] in (b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4] or not data.lstrip().startswith(b"{"):
        return None
    lines = [line for line in data.split(b"\n") if line.strip()]
    whole = sum(1 for line in lines if is_json(line))
    return whole


def is_json(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def mutate_files():
    exports = [p for p in sorted(sample.rglob("*")) if p.suffix in (".json", ".ndjson")]
    lined = [p for p in exports if p.parent.name in ("audit", "signins") and p.suffix == ".ndjson"]
    result = {"files": 0, "runs": 0, "exits": collections.Counter(), "outside_contract": 0, "untied": 0, "not_on_record": 0, "records_lost": 0, "checked_lines": 0, "peak_mib": 0, "examples": []}
    while result["files"] < options.files and in_time():
        fresh("in", "lake")
        least = {}
        for n in range(min(100, options.files - result["files"])):
            source = dice.choice(exports)
            place = work / "in" / f"{n}" / source.parent.name
            place.mkdir(parents=True)
            data = mutated(source.read_bytes())
            (place / source.name).write_bytes(data)
            least[str(place / source.name)] = lines_of(data) if source in lined else None
            result["files"] += 1
        told = run("ingest", work / "in", "--lake", "lake")
        result["runs"] += 1
        result["exits"][told.code] += 1
        result["outside_contract"] += told.code not in CONTRACT
        result["peak_mib"] = max(result["peak_mib"], told.peak_mib)
        if told.code != 0:
            continue
        _, sources, not_taken = books("lake")
        for path, counts in sources.items():
            result["untied"] += counts[0] != sum(counts[1:])
        for path, lines in least.items():
            on_record = path in sources or path in not_taken
            result["not_on_record"] += not on_record
            if not on_record and len(result["examples"]) < 5:
                result["examples"].append(path + ": " + told.err[-300:])
            if lines is not None and path in sources:
                result["checked_lines"] += lines
                lost = max(0, lines - sources[path][0])
                result["records_lost"] += lost
                if lost and len(result["examples"]) < 5:
                    shutil.copy(path, f"/tmp/faults-lost-{len(result['examples'])}")
                    result["examples"].append(f"{path}: {lines} lines, {sources[path]}")
    result["exits"] = {str(k): v for k, v in sorted(result["exits"].items())}
    return result


def undisturbed():
    fresh("whole")
    told = run("ingest", sample, "--lake", "whole")
    assert told.code == 0, told.err
    return books("whole")[0], told.seconds


def heals(lake, whole):
    """Whether a lake verifies now, and has the rows of an undisturbed one after the same ingest."""
    verified = not (work / lake / "_commits").is_dir() or run("lake", "verify", "--lake", lake).code == 0
    again = run("ingest", sample, "--lake", lake)
    return verified, again.code == 0 and books(lake)[0] == whole


def kill():
    whole, seconds = undisturbed()
    result = {"kills": 0, "in_time": 0, "broken": 0, "lost_or_doubled": 0, "bundles_broken": 0, "left_behind": 0}
    bundle = run("bundle", "--lake", "whole", "--out", "good")
    while result["kills"] < options.kills and in_time():
        result["kills"] += 1
        if result["kills"] % 20 == 0:
            print(f"killed {result['kills']}: {result}", file=sys.stderr)
        # Most of an ingest, and some of a bundle, which is longer and reads only.
        if result["kills"] % (20 if options.kills >= 20 else 4):
            fresh("lake")
            told = run("ingest", sample, "--lake", "lake", kill_after=dice.uniform(0.0, seconds))
            result["in_time"] += told.killed
            verified, rows = heals("lake", whole)
            result["broken"] += not verified
            result["lost_or_doubled"] += not rows
        else:
            told = run("bundle", "--lake", "whole", "--out", "killed", kill_after=dice.uniform(0.0, bundle.seconds))
            result["in_time"] += told.killed
            if (work / "killed").exists():
                result["bundles_broken"] += run("verify", "killed").code != 0
                fresh("killed")
            again = run("bundle", "--lake", "whole", "--out", "killed")
            result["bundles_broken"] += again.code != 0 or run("verify", "killed").code != 0
            result["left_behind"] += any(p.name.startswith(".tmp") for p in work.iterdir())
            fresh("killed")
    return result


def full_disk():
    """A file system of its own that is too small; needs the right to mount one."""
    whole, _ = undisturbed()
    place = work / "small"
    place.mkdir(exist_ok=True)
    result = {"runs": 0, "succeeded": 0, "exits": collections.Counter(), "outside_contract": 0, "broken": 0, "lost_or_doubled": 0}
    for kib in (16, 64, 128, 256, 384, 512, 768, 1024, 1536, 2048, 4096):
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", str(place)], capture_output=True)
        if mounted.returncode != 0:
            return {"skipped": mounted.stderr.decode().strip().replace(str(work), "DIR")}
        try:
            told = run("ingest", sample, "--lake", place / "lake")
            result["runs"] += 1
            result["succeeded"] += told.code == 0
            result["exits"][told.code] += 1
            result["outside_contract"] += told.code not in CONTRACT
            fresh("after")
            if (place / "lake").exists():
                shutil.copytree(place / "lake", work / "after")
        finally:
            subprocess.run(["umount", str(place)], check=True)
        verified, rows = heals("after", whole)
        result["broken"] += not verified
        result["lost_or_doubled"] += not rows
    result["exits"] = {str(k): v for k, v in sorted(result["exits"].items())}
    return result


def read_only():
    """Every question to a lake that may be read and not written, asked by a user who may not."""
    undisturbed()
    questions = {
        "lake status": ["lake", "status", "--lake", "whole"],
        "lake verify": ["lake", "verify", "--lake", "whole"],
        "check": ["check", "--lake", "whole", "--format", "csv"],
        "holders": ["holders", "--package", "Payroll", "--lake", "whole", "--format", "csv"],
        "report": ["report", "--lake", "whole", "--out", "out/report"],
        "bundle": ["bundle", "--lake", "whole", "--out", "out/bundle"],
        "ingest": ["ingest", sample, "--lake", "whole"],
    }
    if os.getuid() != 0:
        return {"skipped": "needs root, to become a user who may not write"}
    fresh("out")
    asked = {name: run(*args) for name, args in questions.items() if name != "ingest"}
    before = sorted((str(p.relative_to(work)), p.stat().st_size) for p in (work / "whole").rglob("*"))
    for path in [work / "whole", *(work / "whole").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    fresh("out")
    (work / "out").mkdir()
    (work / "out").chmod(0o777)
    result = {}
    # The program may lie in a home that nobody else may enter.
    theirs = shutil.copy(program, work / "program")
    for name, args in questions.items():
        told = run(*args, user=NOBODY, executable=theirs)
        same = name in asked and (told.code, told.out) == (asked[name].code, asked[name].out)
        result[name] = {**told.brief(), "same_as_writable": same}
    after = sorted((str(p.relative_to(work)), p.stat().st_size) for p in (work / "whole").rglob("*"))
    for path in [work / "whole", *(work / "whole").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    result["lake_unchanged"] = before == after
    os.unlink(theirs)
    return result


def limits():
    whole, _ = undisturbed()
    result = {}
    tried = {f"file_size_{kib}k": (resource.RLIMIT_FSIZE, (kib * 1024,) * 2) for kib in (4, 64, 512)}
    tried.update({f"open_files_{n}": (resource.RLIMIT_NOFILE, (n, n)) for n in (8, 16, 32, 64)})
    tried.update({f"memory_{mib}m": (resource.RLIMIT_AS, (mib << 20,) * 2) for mib in (1024, 2048, 4096)})
    tried.update({f"stack_{kib}k": (resource.RLIMIT_STACK, (kib * 1024,) * 2) for kib in (256, 1024)})
    for name, limit in tried.items():
        fresh("low")
        told = run("ingest", sample, "--lake", "low", limit=limit)
        verified, rows = heals("low", whole)
        result[name] = {**told.brief(), "verifies": verified, "same_rows_afterwards": rows}
    return result


class Repeated(io.RawIOBase):
    """A stream of one block again and again."""

    def __init__(self, head, block, times, tail):
        self.parts = iter(part for part in [head, *([block] * times), tail] if part)
        self.rest = b""

    def readable(self):
        return True

    def readinto(self, into):
        if not self.rest:
            self.rest = next(self.parts, b"")
        n = min(len(into), len(self.rest))
        into[:n], self.rest = self.rest[:n], self.rest[n:]
        return n


def bounds():
    """Small files that are large once they are read, and large ones that are small inside."""
    fresh("bounds")
    folder = work / "bounds" / "2026-06-30"
    folder.mkdir(parents=True)
    big = lambda n: max(1, int(n * options.scale))
    head, tail = b'{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[', b"]}"
    block = b"x" * (1 << 20)

    def stored(name, stream):
        with open(folder / name, "wb") as file:
            shutil.copyfileobj(io.BufferedReader(stream), file, 1 << 20)

    def zipped(name, stream):
        with gzip.GzipFile(folder / name, "wb", 6, mtime=0) as file:
            shutil.copyfileobj(io.BufferedReader(stream), file, 1 << 20)

    def far_cell(name):
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as book:
            book.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>')
            book.writestr("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>')
            book.writestr("xl/workbook.xml", '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="review" sheetId="1" r:id="r1"/></sheets></workbook>')
            book.writestr("xl/_rels/workbook.xml.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>')
            rows = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="1048576"><c r="XFD1048576" t="s"><v>0</v></c></row>'
            book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>')
            with book.open("xl/sharedStrings.xml", "w") as strings:
                strings.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>item_id</t></si>')
                for _ in range(big(20_000_000)):
                    strings.write(b"<si><t>a</t></si>")
                strings.write(b"</sst>")

    def many_members(name):
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(big(4000)):
                archive.writestr(f"users-{n}.json", head + b'{"id":"00000000-0000-4000-8000-%012d","displayName":"u"}' % n + tail)

    inputs = {
        "a body of 1 GB": ("body.json", lambda n: stored(n, Repeated(head + b'{"id":"a","displayName":"', block, big(1024), b'"}' + tail))),
        "a string of 1 GB, gzipped": ("string.json.gz", lambda n: zipped(n, Repeated(head + b'{"id":"a","displayName":"', block, big(1024), b'"}' + tail))),
        "zeros of 10 GB, gzipped": ("zeros.json.gz", lambda n: zipped(n, Repeated(b"", b"\0" * (1 << 20), big(10240), b""))),
        "blanks of 10 GB, gzipped": ("blanks.json.gz", lambda n: zipped(n, Repeated(head, b" " * (1 << 20), big(10240), tail))),
        "forty million tiny records": ("tiny.ndjson.gz", lambda n: zipped(n, Repeated(b"", b"{}\n" * 1_000, big(40_000), b""))),
        "two million errors": ("errors.ndjson.gz", lambda n: zipped(n, Repeated(b"", b'{"error":{"code":"x","message":"y"}}\n' * 100, big(20_000), b""))),
        "a million brackets": ("deep.json", lambda n: stored(n, Repeated(b"", b"[" * 1_000, big(1_000), b""))),
        "a member of a million keys": ("keys.json", lambda n: stored(n, Repeated(head + b'{"id":"a"', b',"k":0' * 1_000, big(1_000), b"}" + tail))),
        "an archive of 4,000 members": ("many.zip", many_members),
        "a workbook with a far cell and 20 million shared strings": ("review.xlsx", far_cell),
    }
    result = {}
    for what, (name, make) in inputs.items():
        make(name)
        size = (folder / name).stat().st_size
        fresh("lake")
        if name.endswith(".xlsx"):
            run("ingest", sample, "--lake", "lake")
            told = run("campaign", "import", folder / name, "--as", "somebody", "--lake", "lake")
        else:
            told = run("ingest", folder / name, "--lake", "lake")
        result[what] = {"bytes": size, **told.brief()}
        (folder / name).unlink()
    return result


parts = {"mutated": mutate_files, "killed": kill, "full": full_disk, "read_only": read_only, "limits": limits, "bounds": bounds}
result = {
    "machine": f"{platform.machine()}, {os.cpu_count()} cores, {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30} GiB, {platform.system()} {platform.release()}",
    "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
    "program": run("--version").out.strip(),
    "scale": options.scale,
    "seed": options.seed,
}
try:
    for name in wanted:
        print(name, file=sys.stderr)
        result[name] = parts[name]()
finally:
    shutil.rmtree(work, ignore_errors=True)
result["panics"] = panics
print(json.dumps(result, indent=1))
