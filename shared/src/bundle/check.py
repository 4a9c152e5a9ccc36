#!/usr/bin/env python3
"""Checks an Unticked bundle with nothing but Python's own library. Run it in the folder where the bundle was unpacked.

It computes the tree's root from leaves.txt (RFC 6962) and compares it with every checkpoint, recomputes each record's
commitment from what was handed over of it, and holds the archived versions against their names. It does not check
signatures, for which Python has no tool of its own: README.txt says how openssl does.
"""
import base64
import hashlib
import json
import os
import sys

wrong = []


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def lines(name):
    if not os.path.exists(name):
        return []
    with open(name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_checkpoint(note):
    """(origin, size, root) of a signed note; the signature is not looked at."""
    origin, size, root = note.split("\n\n")[0].split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def root(peaks):
    """The root of a tree from its complete subtrees, the largest first."""
    if not peaks:
        return sha256(b"")
    hash = peaks[-1]
    for left in reversed(peaks[:-1]):
        hash = sha256(b"\x01", left, hash)
    return hash


# What the checkpoints say: size -> [(where, root)].
says = {}
with open("checkpoint", encoding="utf-8") as file:
    head = read_checkpoint(file.read())
says.setdefault(head[1], []).append(("checkpoint", head[2]))
for row in lines("checkpoints.jsonl"):
    _, size, hash = read_checkpoint(row["note"])
    says.setdefault(size, []).append(("the published checkpoint of %d leaves" % size, hash))
for row in lines("origins.jsonl"):
    if row.get("previous"):
        _, size, hash = read_checkpoint(row["previous"])
        says.setdefault(size, []).append(("the last checkpoint before the ledger was called %s" % row["origin"], hash))

with open("about.json", encoding="utf-8") as file:
    has_all = json.load(file)["scope"] == "all"

# What was shown, by version.
versions = {}
for name in sorted(os.listdir("versions")) if os.path.isdir("versions") else []:
    with open(os.path.join("versions", name), "rb") as file:
        bytes_of = file.read()
    if hashlib.sha256(bytes_of).hexdigest() + ".json" == name:
        versions[name[:-5]] = json.loads(bytes_of)
    else:
        wrong.append("versions/%s is not what its name says" % name)

# The records, by leaf. In a bundle of many, this is what takes memory.
records = {}
for row in lines("records.jsonl"):
    records.setdefault(row["leaf"], []).append(row)

peaks, size = [], 0


def compare():
    for where, hash in says.pop(size, []):
        if hash != root(peaks):
            wrong.append("%s: its root is not that of the first %d leaves" % (where, size))


def check_record(row, commitment):
    name = "record of leaf %d" % row["leaf"]
    if row["commitment"] != commitment:
        wrong.append("%s: its commitment is not the leaf" % name)
    if row.get("hash_b") is None and row.get("part_b") is None:
        wrong.append("%s: of its part B not even the hash is there: nobody can hold its part A against its leaf" % name)
        return
    hash_a = sha256(bytes.fromhex(row["opening_a"]), row["part_a"].encode())
    if row.get("part_b") is not None:
        hash_b = sha256(bytes.fromhex(row["opening_b"]), row["part_b"].encode())
    else:
        hash_b = bytes.fromhex(row["hash_b"])
    if sha256(b"unticked evidence v1\0", hash_a, hash_b).hex() != row["commitment"]:
        wrong.append("%s: what was handed over of it does not give its commitment" % name)
    part_a = json.loads(row["part_a"])
    version = versions.get(part_a["version"])
    if version is None:
        wrong.append("%s: the version %s is not in the bundle" % (name, part_a["version"]))
    elif version["form"] != part_a["form"]:
        wrong.append("%s: its version is of the form %s, and it says %s" % (name, version["form"], part_a["form"]))
    elif part_a["language"] not in version["faces"]:
        wrong.append("%s: its version was never shown in the language %s" % (name, part_a["language"]))
    else:
        shown = version["faces"][part_a["language"]]["content"]["purposes"]
        words = {purpose["id"]: sha256(purpose["statement"].encode()).hex() for purpose in shown}
        for purpose in part_a["purposes"]:
            if words.get(purpose["id"]) != purpose["statement"]:
                wrong.append("%s: the statement of %s is not the one that its version showed" % (name, purpose["id"]))


compare()
with open("leaves.txt", encoding="ascii") as file:
    for line in file:
        commitment = line.rstrip("\n")
        hash = sha256(b"\x00", ('{"commitment":"%s","v":1}' % commitment).encode())
        level = size
        while level & 1:
            hash = sha256(b"\x01", peaks.pop(), hash)
            level >>= 1
        peaks.append(hash)
        here = records.pop(size, [])
        if has_all and not here:
            wrong.append("leaf %d: no record of it is in the bundle, which says that it has them all" % size)
        if len(here) > 1:
            wrong.append("record of leaf %d: it is doubled" % size)
        for row in here:
            check_record(row, commitment)
        size += 1
        compare()
for leaf in records:
    wrong.append("record of leaf %d: there is no such leaf" % leaf)
for rest in says.values():
    for where, _ in rest:
        wrong.append("%s: the bundle does not hold as many leaves" % where)

for line in wrong:
    print(line)
if wrong:
    sys.exit(1)
print("%d leaves, root %s, of the ledger %s: nothing is wrong." % (size, base64.b64encode(root(peaks)).decode(), head[0]))
print("Whether the checkpoint is the one that the ledger's owner gave to others, compare yourself; README.txt says how.")
