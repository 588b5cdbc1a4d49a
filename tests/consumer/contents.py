#!/usr/bin/env python3
"""Looks into packages: is everything there, does each have what it has to have, and nothing else?

usage: contents.py FOLDER
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARIES = {f"ZeroKnowledge.Calls{name}" for name in ("", ".Grpc", ".Sqlite", ".Extensions")}
TOOL, NATIVE = "ZeroKnowledge.Calls.Tool", "ZeroKnowledge.Calls.Native"
EVERYWHERE = {"README.md", "icon.png", "sbom.cdx.json"}
NOTICES = "THIRD-PARTY-NOTICES.txt"
# docs/PLATFORMS.md, and what the packages of others call several of them.
RUNTIMES = {"linux-x64", "linux-arm64", "linux-musl-x64", "linux-musl-arm64", "osx-x64", "osx-arm64", "win-x64", "win-arm64", "win", "unix"}
C_LIBRARY = {"build/native/include/zkcalls.h", "build/native/zkcalls.pc",
             *(f"runtimes/linux-x64/native/{name}.so" for name in ("libzkcalls", "libsodium", "libe_sqlite3"))}
# What a package is as a file, whatever is in it.
ENVELOPE = re.compile(r"_rels/|package/|\[Content_Types\]|[^/]*\.nuspec$")


class Wrong(Exception):
    pass


def demand(condition, message):
    if not condition:
        raise Wrong(message)


def names(file):
    return {name for name in zipfile.ZipFile(file).namelist() if not ENVELOPE.match(name)}


def bill(text, name, version):
    document = json.loads(text)
    root = document["metadata"]["component"]
    demand((root["name"], root["version"]) == (name, version), f"the bill of materials is of {root['name']} {root['version']}")
    known = {component["bom-ref"] for component in document["components"]} | {root["bom-ref"]}
    mentioned = {reference for edge in document["dependencies"] for reference in [edge["ref"], *edge["dependsOn"]]}
    demand(known == mentioned and len(known) > 1, f"the bill of materials is torn: {sorted(known ^ mentioned)}")
    demand(all(component["licenses"] for component in document["components"]), "the bill of materials lacks a licence")


def package(file, name, version):
    archive = zipfile.ZipFile(file)
    demand(EVERYWHERE <= names(file), f"lacks {sorted(EVERYWHERE - names(file))}")
    metadata = {element.tag.split("}")[1]: element for element in xml.fromstring(archive.read(f"{name}.nuspec"))[0]}
    demand(metadata["version"].text == version, f"version {metadata['version'].text}")
    demand(metadata["license"].text == "MIT", f"licence {metadata['license'].text}")
    # Sources without their history are packed without it.
    demand("repository" in metadata or not (ROOT / ".git").exists(), "no commit")
    demand(len(metadata["description"].text) > 20, "no description")
    bill(archive.read("sbom.cdx.json"), name, version)

    content = names(file) - EVERYWHERE
    if name not in LIBRARIES:
        demand(NOTICES in content, "no notices of what it brings")
        demand(b"libsodium" in archive.read(NOTICES), "the notices lack libsodium")
        content.remove(NOTICES)
    if name in LIBRARIES:
        expected = {f"lib/net10.0/{name}.{extension}" for extension in ("dll", "xml")}
        demand(content == expected, f"{sorted(content ^ expected)}")
        members = xml.fromstring(archive.read(f"lib/net10.0/{name}.xml")).findall("members/member")
        demand(members, "no documentation")
        symbols = names(file.with_suffix(".snupkg"))
        demand(symbols == {f"lib/net10.0/{name}.pdb"}, f"symbols: {sorted(symbols)}")
    elif name == NATIVE:
        demand(content == C_LIBRARY, f"{sorted(content ^ C_LIBRARY)}")
        demand(f"Version: {version}\n" in archive.read("build/native/zkcalls.pc").decode(), "zkcalls.pc has another version")
    else:
        runtimes = {match.group(1) for match in map(re.compile(r"tools/net10.0/any/runtimes/([^/]*)/").match, content) if match}
        demand(runtimes <= RUNTIMES, f"runtimes nobody asked for: {sorted(runtimes - RUNTIMES)}")
        demand({"linux-x64", "linux-arm64", "osx-arm64", "win-x64"} <= runtimes, f"runtimes are missing: {sorted(runtimes)}")
        demand("tools/net10.0/any/zkcalls.dll" in content, "no zkcalls")


def main(folder):
    packages = {}
    for file in sorted(pathlib.Path(folder).glob("*.nupkg")):
        name, version = re.fullmatch(r"(\D+)\.(\d.*)\.nupkg", file.name).groups()
        packages[name] = version
        try:
            package(file, name, version)
        except Wrong as wrong:
            sys.exit(f"{file.name}: {wrong}")
    wanted = LIBRARIES | {TOOL, NATIVE}
    if set(packages) != wanted or len(set(packages.values())) != 1:
        sys.exit(f"not one version of {sorted(wanted)}: {packages}")
    print(f"{len(packages)} packages, {next(iter(packages.values()))}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
