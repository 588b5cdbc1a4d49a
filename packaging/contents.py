#!/usr/bin/env python3
"""Says what is in a package, from what NuGet resolved for its project: a bill of materials, and the notices of what it brings.

usage: contents.py PROJECT-FOLDER VERSION UNIX-TIME FOLDER

Writes PROJECT.cdx.json (CycloneDX 1.6) and PROJECT.notices.txt into FOLDER. The same commit gives the same bytes: no clock, no random serial
number, everything sorted.
"""
import datetime
import json
import pathlib
import re
import sys
import uuid
import xml.etree.ElementTree as xml

OWN = "ZeroKnowledge.Calls"
LICENCE = "MIT"
NOTICE = re.compile(r"(licen[cs]e|notice|copying|third-party-notices)\b", re.I)
TEXTS = pathlib.Path(__file__).parent / "licences"


def reference(name, version):
    return f"pkg:nuget/{name}@{version}"


def component(name, version, licence, copyright_line, kind="library"):
    found = {"type": kind, "bom-ref": reference(name, version), "name": name, "version": version, "licenses": [{"expression": licence}]}
    return found | ({"copyright": copyright_line} if copyright_line else {})


class Project:
    """What NuGet resolved for a project."""

    def __init__(self, folder):
        self.assets = json.loads((folder / "obj/project.assets.json").read_text(encoding="utf-8"))
        self.name = folder.name
        self.framework = self.assets["project"]["frameworks"]["net10.0"]
        # A target of one runtime knows the packages of its native code, too.
        target = self.assets["targets"][max(self.assets["targets"], key=len)]
        self.resolved = {key.split("/")[0].lower(): (*key.split("/"), value) for key, value in target.items()}

    def roots(self):
        """What the project itself asks for. What only the build uses is no part of the product."""
        packages = [name for name, how in self.framework.get("dependencies", {}).items() if how.get("suppressParent") != "All"]
        projects = self.assets["project"]["restore"]["frameworks"]["net10.0"]["projectReferences"]
        return packages + [pathlib.Path(path).stem for path in projects]

    def runtimes(self):
        """Compiled ahead of time, the runtime is inside."""
        for runtime in self.framework.get("downloadDependencies", []):
            if ".Runtime.NativeAOT." in runtime["name"]:
                yield runtime["name"], runtime["version"].strip("[]").split(",")[0]

    def folder(self, name, version):
        return next(path for path in (pathlib.Path(root, name.lower(), version) for root in self.assets["packageFolders"]) if path.is_dir())

    def package(self, name, version):
        nuspec = xml.parse(self.folder(name, version) / f"{name.lower()}.nuspec").getroot()[0]
        metadata = {element.tag.split("}")[1]: element for element in nuspec}
        licence = metadata.get("license")
        if licence is None or licence.get("type") != "expression":
            sys.exit(f"{name} {version} names no licence by an expression: look at it, and say here what it is.")
        holder = metadata.get("copyright")
        found = component(name, version, licence.text, (metadata["authors"] if holder is None else holder).text) | {"purl": reference(name, version)}
        library = self.assets["libraries"].get(f"{name}/{version}")
        if library is not None:
            # NuGet's own hash of what is in the package, as in packages.lock.json: it leaves out signatures, so it is not that of the file.
            found["properties"] = [{"name": "nuget:contentHash", "value": library["sha512"]}]
        return found

    def own(self, name, version):
        # The reference archive is a part of the tool, and no package.
        address = {"purl": reference(name, version)} if name.startswith(OWN) else {}
        return component(name, version, LICENCE, f"{OWN} contributors", "application" if name.endswith(".Tool") else "library") | address


def bill_of_materials(project, version, time):
    root = project.own(project.name, version)
    components, edges, pending = {}, {}, [(root["bom-ref"], project.roots())]
    for name, its_version in project.runtimes():
        found = project.package(name, its_version)
        components[found["bom-ref"]] = found
        edges[found["bom-ref"]] = []
    inside = sorted(components)
    while pending:
        parent, needs = pending.pop()
        # A dependency that the platform has by now is pruned: nothing was resolved for it.
        needs = [project.resolved[need.lower()] for need in needs if need.lower() in project.resolved]
        edges[parent] = sorted(reference(name, its_version) for name, its_version, _ in needs)
        for name, its_version, how in needs:
            if reference(name, its_version) not in components:
                found = project.package(name, its_version) if how["type"] == "package" else project.own(name, its_version)
                components[found["bom-ref"]] = found
                pending.append((found["bom-ref"], how.get("dependencies", {})))
    edges[root["bom-ref"]] = sorted(edges[root["bom-ref"]] + inside)

    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "authors": [{"name": f"{OWN} contributors"}],
            "component": root,
        },
        "components": [components[key] for key in sorted(components)],
        "dependencies": [{"ref": key, "dependsOn": edges[key]} for key in sorted(edges)],
    }
    return bill | {"serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True))}"}


def notices(project, bill):
    """Whose work is inside, and the licence of each: what its own package says in full, and the texts of the licences that are named only."""
    lines, texts = ["This package brings the work of others:", ""], {}
    for part in bill["components"]:
        if "purl" not in part or part["name"].startswith(OWN):
            continue
        licence = part["licenses"][0]["expression"]
        lines.append(f"{part['name']} {part['version']}: {licence}; {part['copyright']}")
        files = [file for file in sorted(project.folder(part["name"], part["version"]).iterdir()) if file.is_file() and NOTICE.match(file.name)]
        for file in files:
            texts.setdefault(file.read_text(encoding="utf-8-sig").replace("\r\n", "\n"), []).append(f"{file.name} of {part['name']}")
        if (TEXTS / f"{licence}.txt").exists():
            texts.setdefault((TEXTS / f"{licence}.txt").read_text(encoding="utf-8"), []).append(licence)
        elif not files:
            sys.exit(f"{part['name']} is under {licence}, whose text is neither in the package nor in {TEXTS}.")
    for text, sources in texts.items():
        lines += ["", "=" * 80, ", ".join(dict.fromkeys(sources)), "", text.rstrip()]
    return "\n".join(lines) + "\n"


def main(folder, version, time, output):
    project = Project(pathlib.Path(folder).resolve())
    bill = bill_of_materials(project, version, int(time))
    output = pathlib.Path(output)
    (output / f"{project.name}.cdx.json").write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    (output / f"{project.name}.notices.txt").write_text(notices(project, bill), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
