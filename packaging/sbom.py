#!/usr/bin/env python3
"""Writes a CycloneDX 1.6 bill of materials of one package, from what NuGet resolved for its project.

usage: sbom.py PROJECT-FOLDER VERSION UNIX-TIME FILE

The same commit gives the same bytes: no clock, no random serial number, everything sorted.
"""
import datetime
import json
import os
import sys
import uuid
import xml.etree.ElementTree as xml

LICENCE = "MIT"


def purl(name, version):
    return f"pkg:nuget/{name}@{version}"


def licences(nuspec):
    """The licence a package declares: an expression, or the name of a file in it."""
    for element in xml.parse(nuspec).getroot()[0]:
        if element.tag.endswith("}license"):
            return [{"expression": element.text}] if element.get("type") == "expression" else [{"license": {"name": f"in the package, as {element.text}"}}]
    return []


def package(assets, name, version):
    folder = next(path for path in (os.path.join(root, name.lower(), version) for root in assets["packageFolders"]) if os.path.isdir(path))
    component = {"type": "library", "bom-ref": purl(name, version), "name": name, "version": version,
                 "licenses": licences(os.path.join(folder, f"{name.lower()}.nuspec")), "purl": purl(name, version)}
    library = assets["libraries"].get(f"{name}/{version}")
    if library is not None:
        # NuGet's own hash of what is in the package, as in packages.lock.json: it leaves out signatures, so it is not that of the file.
        component["properties"] = [{"name": "nuget:contentHash", "value": library["sha512"]}]
    return component


def own(name, version, kind="library"):
    component = {"type": kind, "bom-ref": purl(name, version), "name": name, "version": version, "licenses": [{"expression": LICENCE}]}
    # The reference archive is a part of the tool, and no package.
    return component | {"purl": purl(name, version)} if name.startswith("ZeroKnowledge.") else component


def main(project, version, time, file):
    with open(os.path.join(project, "obj", "project.assets.json"), encoding="utf-8") as stream:
        assets = json.load(stream)
    name = os.path.basename(os.path.abspath(project))
    framework = assets["project"]["frameworks"]["net10.0"]
    # A target of one runtime knows the packages of its native code, too.
    target = assets["targets"][max(assets["targets"], key=len)]
    resolved = {key.split("/")[0].lower(): (*key.split("/"), value) for key, value in target.items()}

    # What only the build uses is no part of the product.
    wanted = [dependency for dependency, how in framework.get("dependencies", {}).items() if how.get("suppressParent") != "All"]
    for reference in assets["project"]["restore"]["frameworks"]["net10.0"]["projectReferences"]:
        wanted.append(os.path.splitext(os.path.basename(reference))[0])
    root = own(name, version, "application" if name.endswith(".Tool") else "library")
    edges = {root["bom-ref"]: sorted(purl(*resolved[item.lower()][:2]) for item in wanted)}
    components = {}
    # Compiled ahead of time, the runtime is inside.
    for runtime in framework.get("downloadDependencies", []):
        if ".Runtime.NativeAOT." in runtime["name"]:
            found = package(assets, runtime["name"], runtime["version"].strip("[]").split(",")[0])
            components[found["bom-ref"]] = found
            edges[root["bom-ref"]] = sorted(edges[root["bom-ref"]] + [found["bom-ref"]])
            edges[found["bom-ref"]] = []
    while wanted:
        item, its_version, how = resolved[wanted.pop().lower()]
        reference = purl(item, its_version)
        if reference in components:
            continue
        components[reference] = package(assets, item, its_version) if how["type"] == "package" else own(item, its_version)
        # A dependency that the platform has by now is pruned: nothing was resolved for it.
        needs = [need for need in how.get("dependencies", {}) if need.lower() in resolved]
        edges[reference] = sorted(purl(*resolved[need.lower()][:2]) for need in needs)
        wanted += needs

    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(int(time), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "authors": [{"name": "ZeroKnowledge.Calls contributors"}],
            "component": root,
        },
        "components": [components[reference] for reference in sorted(components)],
        "dependencies": [{"ref": reference, "dependsOn": edges[reference]} for reference in sorted(edges)],
    }
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True))}"
    with open(file, "w", encoding="utf-8") as stream:
        json.dump(bill, stream, indent=2)
        stream.write("\n")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
