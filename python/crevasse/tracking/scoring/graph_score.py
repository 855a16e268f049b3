"""How far the graph of a result, its nodes and edges, is from that of the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crevasse.tracking.history import History
from crevasse.tracking.scoring.matching import Matching
from crevasse.tracking.scoring.ratio import ratio
from crevasse.tracking.scoring.truth import Truth

# What it costs to mend each kind of error by hand, after Matula et al. (2015) and the Cell Tracking
# Challenge.
WEIGHTS = {
    "split_nodes": 5.0,
    "missing_nodes": 10.0,
    "false_nodes": 1.0,
    "false_edges": 1.0,
    "missing_edges": 1.5,
    "wrong_edges": 1.0,
}
_OF_NODES = ("split_nodes", "missing_nodes", "false_nodes")
_OF_EDGES = ("false_edges", "missing_edges", "wrong_edges")


@dataclass(frozen=True)
class GraphScore:
    """How far the result's graph of nodes and edges is from the truth's.

    Attributes
    ----------
    det, lnk, tra
        1 less the cost of mending the nodes, the edges, or both, as a share of the cost of making
        them from nothing.
    errors
        Number of operations of each kind: split_nodes (a node holds several objects: one less than
        there are), missing_nodes, false_nodes, false_edges, missing_edges, wrong_edges (one side
        says the same crack, the other says another).
    edge_precision, edge_recall, edge_f1
        By volume: of the voxels that the result's edges share, and of those that the truth's do,
        those in edges that both have.
    """

    det: float
    lnk: float
    tra: float
    errors: Mapping[str, int]
    edge_precision: float
    edge_recall: float
    edge_f1: float


def compare_graphs(history: History, truth: Truth, matching: Matching) -> GraphScore:
    """Compare the graphs of a history and the truth; see `GraphScore`."""
    n_objects = sum(len(truth.ids(frame)) for frame in range(truth.n_frames))
    true = {(r["frame"], r["before"], r["after"]): r["n_voxels"] for r in truth.edges().rows()}
    errors = _node_errors(matching, n_objects) | dict.fromkeys(_OF_EDGES, 0)
    n_shared_found = n_shared_both = n_known = 0
    for row in history.edges.rows():
        frame, n = row["frame"], row["n_voxels"]
        before, after = (frame - 1, row["label_before"]), (frame, row["label_after"])
        n_shared_found += n
        if not (before in matching.object_of and after in matching.object_of):
            continue  # goes with its node, or is mended when the node is split
        edge = (frame, matching.object_of[before][1], matching.object_of[after][1])
        if edge not in true:
            errors["false_edges"] += 1
            continue
        n_known += 1
        n_shared_both += min(n, true[edge])
        same_crack = matching.crack_of[before] == matching.crack_of[after]
        errors["wrong_edges"] += same_crack != (edge[1] == edge[2])
    errors["missing_edges"] = len(true) - n_known
    nothing_nodes = WEIGHTS["missing_nodes"] * n_objects
    nothing_edges = WEIGHTS["missing_edges"] * len(true)
    nodes, edges = _cost(errors, _OF_NODES), _cost(errors, _OF_EDGES)
    precision = ratio(n_shared_both, n_shared_found)
    recall = ratio(n_shared_both, sum(true.values()))
    return GraphScore(
        det=_share_saved(nodes, nothing_nodes),
        lnk=_share_saved(edges, nothing_edges),
        tra=_share_saved(nodes + edges, nothing_nodes + nothing_edges),
        errors=errors,
        edge_precision=precision,
        edge_recall=recall,
        edge_f1=ratio(2 * precision * recall, precision + recall, nothing=0.0),
    )


def _node_errors(matching: Matching, n_objects: int) -> dict[str, int]:
    holding = set(matching.node_of.values())
    return {
        "split_nodes": len(matching.node_of) - len(holding),
        "missing_nodes": n_objects - len(matching.node_of),
        "false_nodes": len(matching.crack_of) - len(holding),
    }


def _cost(errors: Mapping[str, int], kinds: Sequence[str]) -> float:
    return sum(WEIGHTS[kind] * errors[kind] for kind in kinds)


def _share_saved(cost: float, from_nothing: float) -> float:
    if not from_nothing:
        return 1.0 if not cost else 0.0
    return 1.0 - min(cost, from_nothing) / from_nothing
