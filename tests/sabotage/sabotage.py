#!/usr/bin/python3
"""Breaks the source in one place after the other and demands that a test notices. See README.md."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEFAULT_PROJECT = "tests/ZeroKnowledge.Calls.Tests"
CONFIGURATION = "bin/Release/net10.0"
WORKERS = 2
BUILD_LIMIT = 300
TEST_LIMIT = 120
FIELDS = {"name", "file", "old", "new", "why", "tests", "project"}


class Unusable(Exception):
    """A breakage that says nothing: it cannot be made, does not compile, or no test belongs to it."""


def load() -> list[dict[str, str]]:
    breakages = json.loads((HERE / "breakages.json").read_text(encoding="utf-8"))
    names = set()
    for breakage in breakages:
        missing = FIELDS - {"project"} - set(breakage)
        unknown = set(breakage) - FIELDS
        if missing or unknown or breakage["name"] in names:
            raise SystemExit(f"breakages.json: {breakage.get('name', '?')}: missing {missing or 'nothing'}, unknown {unknown or 'nothing'}, or the name stands twice")
        names.add(breakage["name"])
        breakage.setdefault("project", DEFAULT_PROJECT)
    return breakages


def broken(text: str, breakage: dict[str, str]) -> str:
    count = text.count(breakage["old"])
    if count != 1:
        raise Unusable(f"the old text stands {count} times in {breakage['file']}")
    return text.replace(breakage["old"], breakage["new"])


def run(command: list[str], folder: pathlib.Path, limit: int) -> tuple[int, str]:
    """The exit code and the output; a run that takes too long is ended with everything that it started, and counts as failed."""
    # No build server may outlive this script.
    environment = dict(os.environ, MSBUILDDISABLENODEREUSE="1", UseSharedCompilation="false", DOTNET_CLI_TELEMETRY_OPTOUT="1", DOTNET_NOLOGO="1")
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=limit)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            output, _ = process.communicate()
            return 124, output + f"\nended after {limit} s"


def copy_tracked(target: pathlib.Path) -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.split(b"\0")
    for name in filter(None, files):
        source = ROOT / os.fsdecode(name)
        if source.is_file():
            destination = target / os.fsdecode(name)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, destination)


def dotnet(folder: pathlib.Path, verb: str, project: str, *options: str) -> None:
    # Without analyzers, and with warnings: a breakage need not be pretty.
    code, output = run(["dotnet", verb, project, "-v", "quiet", "-nologo", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false",
                        "-p:MSBuildTreatWarningsAsErrors=false", *options], folder, BUILD_LIMIT)
    if code != 0:
        errors = re.findall(r"error \w+: [^\[]*", output)
        raise Unusable("it does not build: " + (errors[0].strip() if errors else output[-300:]))


def filter_of(tests: str) -> str:
    return "|".join(f"FullyQualifiedName~.{name}" for name in tests.split())


def test(folder: pathlib.Path, project: str, tests: str, limit: int = TEST_LIMIT) -> tuple[int, int, str]:
    """How many passed and failed, and the output. Runs the built assembly, without MSBuild."""
    assembly = folder / project / CONFIGURATION / f"{pathlib.PurePosixPath(project).name}.dll"
    code, output = run(["dotnet", "vstest", str(assembly), f"--TestCaseFilter:{filter_of(tests)}", "--logger:console;verbosity=minimal"], folder, limit)
    counts = {word.lower(): int(number) for word, number in re.findall(r"\b(Passed|Failed)\s*:\s*(\d+)", output)}
    passed, failed = counts.get("passed", 0), counts.get("failed", 0)
    if code == 124 or (code != 0 and "Test Run Aborted" in output):
        # It hangs, or took the test's process down with it: that is noticed, too.
        failed = max(failed, 1)
    return passed, failed, output


class Workshop:
    """A built copy of the repository in which one thing at a time is broken."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder

    @classmethod
    def first(cls, folder: pathlib.Path, breakages: list[dict[str, str]]) -> Workshop:
        copy_tracked(folder)
        for project in sorted({b["project"] for b in breakages}):
            started = time.monotonic()
            dotnet(folder, "build", project, "-c", "Release")
            print(f"{project}: built in {time.monotonic() - started:.0f} s", flush=True)
            passed, failed, output = test(folder, project, " ".join(b["tests"] for b in breakages if b["project"] == project), limit=2 * BUILD_LIMIT)
            if failed or not passed:
                raise SystemExit(f"{output[-4000:]}\n{project}: the tests are red even unbroken.")
            print(f"{project}: {passed} tests green, {time.monotonic() - started:.0f} s", flush=True)
        return cls(folder)

    def another(self, folder: pathlib.Path, breakages: list[dict[str, str]]) -> Workshop:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        for project in sorted({b["project"] for b in breakages}):
            # What NuGet wrote down has absolute paths.
            dotnet(folder, "restore", project)
        return Workshop(folder)

    def check(self, breakage: dict[str, str]) -> tuple[bool, str]:
        """Whether a test went red, and how many."""
        source = self.folder / breakage["file"]
        original = source.read_text(encoding="utf-8")
        assembly = self.assembly_of(source)
        copies = {path: path.read_bytes() for path in self.folder.rglob(f"{CONFIGURATION}/{assembly.name}")}
        source.write_text(broken(original, breakage), encoding="utf-8")
        try:
            dotnet(self.folder, "build", str(assembly.parent), "-c", "Release", "--no-restore", "--no-dependencies")
            built = (assembly.parent / CONFIGURATION / assembly.name).read_bytes()
            for path in copies:
                path.write_bytes(built)
            passed, failed, output = test(self.folder, breakage["project"], breakage["tests"])
            if passed + failed == 0:
                raise Unusable(f"no test matched: {output[-200:].strip()}")
            return failed > 0, f"{failed} of {passed + failed} red"
        finally:
            source.write_text(original, encoding="utf-8")
            for path, content in copies.items():
                path.write_bytes(content)

    def assembly_of(self, source: pathlib.Path) -> pathlib.Path:
        """The assembly that a source file is built into, as if it lay in its project's folder."""
        for folder in source.parents:
            project = next(folder.glob("*.csproj"), None)
            if project is not None:
                return folder / f"{project.stem}.dll"
        raise Unusable(f"{source} belongs to no project")


def table(rows: list[tuple[str, str, str]]) -> None:
    width = max(len(name) for name, _, _ in rows)
    for name, verdict, what in rows:
        print(f"{name:<{width}}  {verdict:<8}  {what}")


def main(arguments: list[str]) -> int:
    options = [a for a in arguments if a.startswith("--")]
    words = [a for a in arguments if not a.startswith("--")]
    if set(options) - {"--list", "--apply-only"}:
        print("usage: sabotage.py [--list] [--apply-only] [NAME-OR-PART ...]")
        return 2
    chosen = [b for b in load() if not words or any(word in b["name"] for word in words)]
    if not chosen:
        print("No breakage has such a name.")
        return 2
    if "--list" in options:
        table([(b["name"], "", b["why"]) for b in chosen])
        return 0

    rows: list[tuple[str, str, str]] = []
    for breakage in list(chosen):
        try:
            broken((ROOT / breakage["file"]).read_text(encoding="utf-8"), breakage)
        except (Unusable, OSError) as reason:
            rows.append((breakage["name"], "UNUSABLE", str(reason)))
            chosen.remove(breakage)
    if "--apply-only" in options:
        table(rows or [("all", "ok", f"{len(chosen)} breakages can be made")])
        return 1 if rows else 0

    started = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="zkcalls-sabotage-"))
    try:
        first = Workshop.first(folder / "0", chosen)
        workshops: queue.SimpleQueue[Workshop] = queue.SimpleQueue()
        workshops.put(first)
        for number in range(1, min(WORKERS, len(chosen))):
            workshops.put(first.another(folder / str(number), chosen))
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
            rows += workers.map(lambda breakage: judge(breakage, workshops), chosen)
    except Unusable as reason:
        print(f"Even unbroken {reason}")
        return 1
    finally:
        if os.environ.get("KEEP") == "1":
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)

    print()
    table(rows)
    bad = [row for row in rows if row[1] != "noticed"]
    print(f"\n{len(rows) - len(bad)} of {len(rows)} breakages noticed, {time.monotonic() - started:.0f} s")
    return 1 if bad else 0


def judge(breakage: dict[str, str], workshops: queue.SimpleQueue[Workshop]) -> tuple[str, str, str]:
    workshop = workshops.get()
    started = time.monotonic()
    try:
        noticed, what = workshop.check(breakage)
        verdict = "noticed" if noticed else "SURVIVED"
    except Unusable as reason:
        verdict, what = "UNUSABLE", str(reason)
    finally:
        workshops.put(workshop)
    what += f", {time.monotonic() - started:.0f} s"
    if verdict != "noticed":
        what += f": {breakage['why']}"
    print(f"{breakage['name']}: {verdict}", flush=True)
    return breakage["name"], verdict, what


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
