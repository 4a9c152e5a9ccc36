"""Reads exports as a stranger would: rdflib parses, pyshacl judges, and no term may be one that the vocabulary lacks.

    exports.py SHAPES VOCABULARY EXPORT...

One line for each judgement, `ok …` or `wrong …`.
"""

import re
import socket
import sys


def no_network(*_):
    raise OSError("an export must be readable without the network")


socket.socket.connect = no_network
socket.create_connection = no_network

import pyshacl  # noqa: E402
import rdflib  # noqa: E402
from rdflib import RDF, Graph, Namespace  # noqa: E402

DPV = Namespace("https://w3id.org/dpv#")
DCT = Namespace("http://purl.org/dc/terms/")
NAMES = {
    "https://w3id.org/dpv#": "dpv",
    "https://w3id.org/dpv/legal/eu/gdpr#": "eu-gdpr",
    "https://w3id.org/dpv/pd#": "pd",
}
failed = False


def judge(holds, what):
    global failed
    failed = failed or not holds
    print(("ok " if holds else "wrong ") + what)


def accepts(graph, shapes):
    conforms, _, text = pyshacl.validate(graph, shacl_graph=shapes, inference="none", advanced=False)
    return conforms, text


shapes = Graph().parse(sys.argv[1], format="turtle")
vocabulary = {line.split()[0] for line in open(sys.argv[2], encoding="utf-8") if re.match(r"[a-z-]+:", line)}


def terms(graph):
    for triple in graph:
        for node in triple:
            if isinstance(node, rdflib.URIRef):
                for prefix, name in NAMES.items():
                    # Our own addresses and the guide's schemas lie elsewhere.
                    if str(node).startswith(prefix):
                        yield f"{name}:{str(node)[len(prefix):]}"


judge(set(terms(shapes)) <= vocabulary, f"the shapes use no term that the vocabulary lacks: {set(terms(shapes)) - vocabulary}")

for path in sys.argv[3:]:
    graph = Graph().parse(path, format="json-ld")
    conforms, text = accepts(graph, shapes)
    judge(conforms, f"{path} conforms" if conforms else f"{path}: {text}")
    unknown = set(terms(graph)) - vocabulary
    judge(not unknown, f"{path} uses no term that the vocabulary lacks: {unknown}")
    locations = [str(node) for triple in graph for node in triple if str(node).startswith("https://w3id.org/dpv/loc#")]
    judge(
        locations and all(re.fullmatch(r".*#[A-Z]{2}", place) for place in locations), f"{path} names places by two letters"
    )
    # A literal that is not of its datatype has no value.
    bad = [node for triple in graph for node in triple if isinstance(node, rdflib.Literal) and node.ill_typed]
    judge(not bad, f"{path} has no ill-typed literal: {bad}")
    for status in sorted(set(graph.objects(None, DPV.hasConsentStatus))):
        for kind in graph.objects(status, RDF.type):
            print(f"state {kind}")
    # Each member that the guide calls mandatory, taken away once: no shape may be there for show.
    mandatory = {
        DPV.ConsentReceipt: [DPV.hasIdentifier, DCT.conformsTo, DCT.created, DPV.hasRecordOfActivity],
        DPV.ConsentRecord: [
            DCT.conformsTo, DCT.identifier, DPV.hasDataSubject, DPV.hasDataController, DPV.hasJurisdiction, DPV.hasNotice,
            DPV.hasProcess, DPV.hasConsentStatus, DPV.hasConsentControl, DPV.hasRight,
        ],
        DPV.DataProcessingRecord: [DCT.identifier, DPV.hasNotice, DPV.hasProcess, DPV.hasStatus],
        DPV.DataController: [DPV.hasName, DPV.hasIdentifier],
        DPV.ConsentNotice: [DCT.language, DCT.identifier],
        DPV.Process: [
            DPV.hasPurpose, DPV.hasPersonalData, DPV.hasLegalBasis, DPV.hasRecipient, DPV.hasStorageCondition,
        ],
        DPV.Purpose: [DCT.title, DCT.identifier],
        DPV.WithdrawConsent: [DPV.isExercisedAt],
        DPV.StorageDuration: [DPV.hasDuration],
        DPV.ConsentRefused: [RDF.type, DPV.isIndicatedAtTime, DPV.isIndicatedBy, DPV.hasDuration, DCT.source],
    }
    for kind, members in mandatory.items():
        # A transfer is a process within a process, and has no members of its own.
        nodes = sorted(set(graph.subjects(RDF.type, kind)) - set(graph.objects(None, DPV.hasProcess) if kind == DPV.Process else []))
        if kind == DPV.Process:
            nodes = sorted(node for node in graph.subjects(RDF.type, kind) if (node, DPV.hasPurpose, None) in graph)
        if not nodes:
            continue
        for member in members:
            lacking = Graph() + graph
            lacking.remove((nodes[0], member, None))
            judge(not accepts(lacking, shapes)[0], f"{kind} without {member} is rejected")

sys.exit(1 if failed else 0)
