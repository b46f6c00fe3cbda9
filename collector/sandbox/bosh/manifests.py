"""The manifest of a deployment, as the director keeps it after a success."""

from collections.abc import Mapping, Sequence

from collector.sandbox.bosh.records import Deployment

_UPDATE = "update:\n  canaries: 1\n  max_in_flight: 1\n  serial: true\n"


def manifest(known: Deployment, stemcells: Mapping[str, str], releases: Sequence[str]) -> str:
    """Return the YAML text; the first line of stemcells has the alias `default`."""
    text = f"---\nname: {known.name}\nreleases:\n"
    for release in releases:
        name, _, version = release.partition("/")
        text += f"- name: {name}\n  version: {version}\n"
    aliases = {line: "default" if number == 0 else line for number, line in enumerate(stemcells)}
    text += "stemcells:\n"
    for line, version in stemcells.items():
        text += f"- alias: {aliases[line]}\n  os: {line}\n  version: '{version}'\n"
    groups = "".join(
        f"- name: {group.name}\n  instances: {group.count}\n  stemcell: {aliases.get(group.line, 'default')}\n"
        for group in known.groups
    )
    return f"{text}{_UPDATE}instance_groups:\n{groups}"
