"""What the programs of a release are made of, as a CycloneDX 1.5 document: each crate with version, licence and hash."""

import json
import subprocess
import tomllib

REGISTRY = "registry+"


def sbom(project, version, targets):
    """The text for these targets, from Cargo.lock and what cargo says of it. Of the same lock file it is the same each time.

    Crates that tests alone need are left out, and Rust's own library, which is the compiler's.
    """
    platforms = [word for target in targets for word in ("--filter-platform", target)]
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *platforms]
    metadata = json.loads(subprocess.run(command, cwd=project, capture_output=True, check=True, text=True).stdout)
    lock = tomllib.loads((project / "Cargo.lock").read_text())["package"]
    hashes = {(each["name"], each["version"]): each.get("checksum") for each in lock}
    packages = {each["id"]: each for each in metadata["packages"]}
    nodes = {each["id"]: dependencies(each) for each in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    used = reached(nodes, root)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(packages[root], None) | {"type": "application"}},
        "components": [
            component(packages[each], hashes[packages[each]["name"], packages[each]["version"]]) for each in used if each != root
        ],
        "dependencies": [
            {"ref": reference(packages[each]), "dependsOn": sorted(reference(packages[other]) for other in nodes[each])}
            for each in used
        ],
    }
    assert packages[root]["version"] == version
    return json.dumps(document, indent=1) + "\n"


def dependencies(node):
    """Ids of what a crate needs to be built or to run."""
    return {each["pkg"] for each in node["deps"] if any(kind["kind"] != "dev" for kind in each["dep_kinds"])}


def reached(nodes, root):
    found, todo = set(), [root]
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            todo += nodes[each]
    return sorted(found)


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, checksum):
    made = {
        "type": "library",
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "purl": reference(package),
    }
    if package.get("license"):
        # Older crates write a slash for OR.
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum:
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return made
