"""Histories as graphs and files, read back by the readers of those formats."""

from itertools import pairwise
from xml.etree import ElementTree

import geff
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOXML import vtkXMLImageDataReader, vtkXMLPolyDataReader

from crevasse import track
from crevasse.tracking import (
    Tracker,
    napari_layers,
    napari_tracks,
    to_geff,
    to_networkx,
    write_paraview,
)

from strategies import mask_series


def scene(*rows):
    """Frames drawn as text, one row of voxels each."""
    return [np.array([[c == "#" for c in row]]) for row in rows]


def node_names(history):
    columns = (history.nodes[c].tolist() for c in ("frame", "first_voxel"))
    return list(zip(*columns, strict=True))


def overlaps(history):
    """Every edge as the names of its ends, looked up row by row."""
    nodes = history.nodes
    name = {
        (frame, label): (frame, first)
        for frame, label, first in zip(
            *(nodes[c].tolist() for c in ("frame", "label", "first_voxel")), strict=True
        )
    }
    return {
        (name[row["frame"] - 1, row["label_before"]], name[row["frame"], row["label_after"]]): row
        for row in history.edges.rows()
    }


# --- networkx ------------------------------------------------------------------------------------


@given(mask_series())
def test_the_graph_has_every_node_and_every_overlap(frames):
    history = track(frames, times=[0.5 * k**2 for k in range(len(frames))])
    graph = to_networkx(history)
    assert list(graph.nodes) == node_names(history)
    for data, row in zip(graph.nodes.values(), history.nodes.rows(), strict=True):
        assert {k: v for k, v in data.items() if k != "time"} == row
        assert data["time"] == 0.5 * row["frame"] ** 2
    expected = overlaps(history)
    drawn = {(a, b): d for a, b, d in graph.edges(data=True) if d["kind"] == "overlap"}
    assert drawn.keys() == expected.keys()
    for ends, data in drawn.items():
        assert data["n_voxels"] == expected[ends]["n_voxels"]
        assert data["event"] == expected[ends]["event"]


@given(mask_series())
def test_events_are_the_connected_parts_of_each_interval_of_the_graph(frames):
    history = track(frames)
    graph = to_networkx(history)
    for frame in range(1, len(frames)):
        edges = [(a, b) for a, b, d in graph.edges(data=True) if d["kind"] == "overlap"]
        interval = nx.Graph((a, b) for a, b in edges if b[0] == frame)
        parts = sorted(
            (sum(n[0] < frame for n in part), sum(n[0] == frame for n in part))
            for part in nx.connected_components(interval)
        )
        events = history.events.where(history.events["frame"] == frame)
        joined = events.where((events["n_parents"] > 0) & (events["n_children"] > 0))
        counts = (joined[c].tolist() for c in ("n_parents", "n_children"))
        assert sorted(zip(*counts, strict=True)) == parts


def test_a_reopening_is_a_memory_edge_with_its_gap():
    history = track(scene("##..", "#...", "....", ".#.#"), times=[0, 1, 2, 4])
    graph = to_networkx(history)
    (edge,) = ((a, b, d) for a, b, d in graph.edges(data=True) if d["kind"] == "memory")
    (reopening,) = np.flatnonzero(history.events["type"] == "reopening")
    assert edge == (
        (0, 0),
        (3, 1),
        {"kind": "memory", "n_voxels": 1, "event": reopening, "gap": 4.0, "closed": True},
    )


@given(mask_series())
def test_memory_leads_from_a_node_that_had_the_voxels_open(frames):
    history = track(frames)
    graph = to_networkx(history)
    links = [(a, b, d) for a, b, d in graph.edges(data=True) if d["kind"] == "memory"]
    assert len(links) == len(history.memory)
    for (before, _), (after, _), data in links:
        assert (frames[before] & frames[after]).any()
        assert not (frames[after - 1] & frames[after]).all()
        assert data["gap"] == after - before > 1


def test_a_merge_of_three_has_three_parents():
    graph = to_networkx(track(scene("#.#.#", "#####")))
    assert set(graph.predecessors((1, 0))) == {(0, 0), (0, 2), (0, 4)}


def test_the_graph_knows_its_units():
    graph = to_networkx(track(scene("#.#"), times=[3.0], spacing=1.8, time_unit="min"))
    assert graph.graph["units"]["volume"] == "um^2"
    assert graph.graph["units"]["time"] == graph.graph["time_unit"] == "min"


# --- geff ----------------------------------------------------------------------------------------


@given(frames=mask_series())
@settings(max_examples=5)
def test_geff_gives_back_nodes_edges_and_every_column(frames, tmp_path_factory):
    history = track(frames, times=[0.5 * k**2 for k in range(len(frames))], spacing=1.8)
    path = tmp_path_factory.mktemp("geff") / "cracks.geff"
    to_geff(history, path)
    geff.validate_structure(path)
    graph, _ = geff.read(path)
    names = node_names(history)
    assert set(graph.nodes) == set(range(len(names)))
    assert {(names[a], names[b]) for a, b in graph.edges} == set(to_networkx(history).edges)
    for row, expected in enumerate(history.nodes.rows()):
        data = graph.nodes[row]
        assert {name: data[name] for name in expected} == expected
        assert data["t"] == expected["frame"]
        assert data["x"] * 1.8 == pytest.approx(expected["centroid_x"])
    shared = {(names[a], names[b]): d["n_voxels"] for a, b, d in graph.edges(data=True)}
    assert shared == nx.get_edge_attributes(to_networkx(history), "n_voxels")


def test_geff_keeps_all_parents_of_a_merge(tmp_path):
    to_geff(track(scene("#.#.#", "#####")), tmp_path / "cracks.geff")
    graph, _ = geff.read(tmp_path / "cracks.geff")
    assert set(graph.predecessors(3)) == {0, 1, 2}


def test_geff_axes_carry_units_and_scale(tmp_path):
    frames = np.ones((3, 2, 2, 2), bool)
    history = track(frames, times=[1, 1.25, 1.5], spacing=(3.0, 1.8, 1.8))
    to_geff(history, tmp_path / "even.geff")
    _, metadata = geff.read(tmp_path / "even.geff")
    assert [(a.name, a.type, a.unit, a.scale, a.scaled_unit) for a in metadata.axes] == [
        ("t", "time", "frame", 0.25, "hour"),
        ("z", "space", "pixel", 3.0, "micrometer"),
        ("y", "space", "pixel", 1.8, "micrometer"),
        ("x", "space", "pixel", 1.8, "micrometer"),
    ]
    assert metadata.axes[0].offset == 1.0
    assert metadata.node_props_metadata["volume"].unit == "um^3"


def test_geff_gives_uneven_times_no_scale_but_the_true_times(tmp_path):
    to_geff(track(scene("#", "#", "#"), times=[0, 1, 4]), tmp_path / "uneven.geff")
    graph, metadata = geff.read(tmp_path / "uneven.geff")
    assert metadata.axes[0].scale is None
    assert [graph.nodes[n]["time"] for n in range(3)] == [0, 1, 4]


@pytest.mark.parametrize(
    ("unit", "written"), [("Å", "angstrom"), ("\u00b5m", "micrometer"), ("\u03bcm", "micrometer")]
)
def test_geff_names_units_as_ome_does(tmp_path, unit, written):
    frames = [np.array([[1, 0]]), np.array([[1, 1]]), np.array([[1, 1]])]
    times = [1.7e9, 1.7e9 + 0.1, 1.7e9 + 0.2]  # even, but for rounding
    to_geff(track(frames, times=times, unit=unit, time_unit="us"), tmp_path / "a.geff")
    axes = geff.GeffMetadata.read(tmp_path / "a.geff").axes
    assert [axis.scaled_unit for axis in axes] == ["microsecond", written, written]
    assert axes[0].scale == pytest.approx(0.1, abs=1e-6)


def test_geff_replaces_a_geff_and_nothing_else(tmp_path):
    path = tmp_path / "cracks.geff"
    to_geff(track(scene("#.#.#", "#####")), path)
    to_geff(track(scene("#")), path)
    assert len(geff.read(path)[0]) == 1
    (tmp_path / "thesis").mkdir()
    with pytest.raises(FileExistsError, match="thesis is no geff and is not replaced"):
        to_geff(track(scene("#")), tmp_path / "thesis")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cracks.geff", "thesis"]


def test_a_geff_that_fails_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "cracks.geff"
    to_geff(track(scene("#.#")), path)
    monkeypatch.setattr("geff_spec.GeffMetadata.write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        to_geff(track(scene("#")), path)
    assert [p.name for p in tmp_path.iterdir()] == ["cracks.geff"]
    assert len(geff.read(path)[0]) == 2


# --- napari --------------------------------------------------------------------------------------


@given(mask_series())
def test_every_overlap_is_inside_a_track_or_in_the_graph_of_tracks(frames):
    history = track(frames, spacing=2.0)
    data, graph, properties = napari_tracks(history)
    assert data.shape == (len(history.nodes), frames[0].ndim + 2)
    names = list(zip(data[:, 1].astype(int), properties["first_voxel"].tolist(), strict=True))
    assert sorted(names) == sorted(node_names(history))
    members = {}
    for track_id, name in zip(data[:, 0].astype(int).tolist(), names, strict=True):
        members.setdefault(track_id, []).append(name)
    found = {pair for nodes in members.values() for pair in pairwise(nodes)}
    for child, parents in graph.items():
        assert parents == sorted(set(parents))
        found |= {(members[parent][-1], members[child][0]) for parent in parents}
    assert found == overlaps(history).keys()
    assert sorted(members) == list(range(1, len(members) + 1))


@given(mask_series())
def test_a_track_has_one_point_a_frame_and_lies_in_one_crack(frames):
    data, _, properties = napari_tracks(track(frames))
    for track_id in np.unique(data[:, 0]):
        rows = data[:, 0] == track_id
        at = data[rows, 1]
        np.testing.assert_array_equal(at, np.arange(at[0], at[0] + len(at)))
        assert len(np.unique(properties["crack"][rows])) == 1


def test_tracks_are_in_voxels_and_know_all_parents():
    data, graph, properties = napari_tracks(
        track(scene("#.#.#", "#####", "#####"), times=[0, 1, 3], spacing=1.8)
    )
    np.testing.assert_array_equal(
        data, [[1, 0, 0, 0], [2, 0, 0, 2], [3, 0, 0, 4], [4, 1, 0, 2], [4, 2, 0, 2]]
    )
    assert graph == {4: [1, 2, 3]}
    assert properties["time"].tolist() == [0, 0, 0, 1, 3]


def tracked(*drawings):
    tracker = Tracker(spacing=1.8, unit="um", time_unit="h")
    results = [tracker.update(mask, time=0.25 * k) for k, mask in enumerate(scene(*drawings))]
    return tracker.history(), results


def layers_of(history, **more):
    return {options["name"]: (data, options, kind) for data, options, kind in
            napari_layers(history, **more)}  # fmt: skip


def test_layers_lie_on_each_other_in_the_units_of_the_series():
    history, _ = tracked("#.#..", "###..", "###.#")
    image = np.zeros((3, *history.shape))
    for more in ({"image": image}, {"image": image[0]}, {}):
        for name, (data, options, kind) in layers_of(history, **more).items():
            in_time = kind == "tracks" or (name == "grey values" and data.ndim == 3)
            assert options["scale"] == (1.0,) * in_time + (1.8, 1.8)
            assert options["units"] == ("pixel",) * in_time + ("um", "um")
            assert options["axis_labels"] == ("t",) * in_time + ("y", "x")
            assert data.shape[-1] == 4 if kind == "tracks" else data.shape[-2:] == history.shape
    assert layers_of(track(scene("#")))["cracks"][1]["units"] == ("pixel", "pixel")


def test_layers_show_what_the_history_knows():
    history, results = tracked("#.#..", "###..", "###.#")
    layers = layers_of(history, result=results[0])
    first_open, options, kind = layers["first open"]
    np.testing.assert_array_equal(first_open.ravel(), np.float32([0, 0.25, 0, np.nan, 0.5]))
    assert (kind, first_open.dtype, options["contrast_limits"]) == ("image", np.float32, (0.0, 0.5))
    ids = results[0].crack_ids.tolist()
    assert layers["cracks"][0].ravel().tolist() == [ids[0], 0, ids[1], 0, 0]
    assert (layers["cracks"][2], layers["cracks"][0].dtype) == ("labels", np.uint32)
    latest = layers_of(history)["cracks"][0]
    np.testing.assert_array_equal(latest[latest > 0], history.last_crack()[latest > 0])
    data, graph, _ = napari_tracks(history)
    np.testing.assert_array_equal(layers["tracks"][0], data)
    assert (layers["tracks"][1]["graph"], layers["tracks"][1]["color_by"]) == (graph, "crack")


def test_layers_keep_times_apart_on_any_clock():
    times = [1.7e9, 1.7e9 + 0.5]
    layers = napari_layers(track([np.array([[1, 0]]), np.array([[1, 1]])], times=times))
    data, options, _ = layers[0]
    assert options["name"] == "first open"
    assert data.tolist() == [times]
    assert options["contrast_limits"] == tuple(times)


def test_layers_of_another_shape_are_refused():
    history, results = tracked("#.#..", "###..")
    with pytest.raises(ValueError, match=r"image must be a frame of .* or 2 of them, got \(3, "):
        napari_layers(history, image=np.zeros((3, *history.shape)))
    with pytest.raises(ValueError, match="give one of the same series"):
        napari_layers(track(scene("##")), result=results[0])


@pytest.mark.parametrize("drawings", [("#.#..", "###.."), ("....", "...."), ("#.",)])
def test_napari_takes_the_layers(drawings):
    layers = pytest.importorskip("napari.layers")
    components = pytest.importorskip("napari.components")
    history, _ = tracked(*drawings)
    viewer = components.ViewerModel()
    for layer in napari_layers(history, image=np.zeros((len(drawings), *history.shape))):
        viewer.add_layer(layers.Layer.create(*layer))
    assert len(viewer.layers) == 4 if len(history.nodes) else 3


# --- ParaView ------------------------------------------------------------------------------------


def read_vtk(reader, path):
    reader.SetFileName(str(path))
    reader.Update()
    assert not reader.GetErrorCode()
    return reader.GetOutput()


def arrays(attributes):
    found = {}
    for i in range(attributes.GetNumberOfArrays()):
        found[attributes.GetArrayName(i)] = vtk_to_numpy(attributes.GetArray(i))
    return found


@given(frames=mask_series())
@settings(max_examples=10)
def test_paraview_reads_every_frame_at_its_time_and_every_voxel(frames, tmp_path_factory):
    times = [0.5 * k**2 for k in range(len(frames))]
    ndim = frames[0].ndim
    history = track(frames, times=times, spacing=(3.0, 2.0, 1.8)[-ndim:])
    folder = tmp_path_factory.mktemp("paraview")
    collection = ElementTree.parse(write_paraview(history, folder)).getroot()[0]
    assert [float(entry.get("timestep")) for entry in collection] == times
    for frame, entry in enumerate(collection):
        points = read_vtk(vtkXMLPolyDataReader(), folder / entry.get("file"))
        nodes = history.nodes.where(history.nodes["frame"] == frame)
        assert points.GetNumberOfPoints() == points.GetNumberOfVerts() == len(nodes)
        if not len(nodes):
            continue
        position = vtk_to_numpy(points.GetPoints().GetData())
        for column, axis in enumerate("xyz"[:ndim]):
            np.testing.assert_array_equal(position[:, column], nodes[f"centroid_{axis}"])
        columns = arrays(points.GetPointData())
        assert set(columns) == set(nodes.columns)
        for name, values in columns.items():
            np.testing.assert_array_equal(values, nodes[name])
    if not frames[0].size:
        return
    voxels = arrays(read_vtk(vtkXMLImageDataReader(), folder / "voxels.vti").GetCellData())
    shape = frames[0].shape
    for name in ("first_open", "last_open", "first_crack", "last_crack", "n_toggles", "open_time"):
        np.testing.assert_array_equal(voxels[name].reshape(shape), getattr(history, name)())
    ever = history.first_open().ravel() >= 0
    np.testing.assert_array_equal(
        voxels["first_open_time"][ever], np.array(times)[voxels["first_open"][ever]]
    )
    assert np.isnan(voxels["first_open_time"][~ever]).all()


def test_a_voxel_lies_in_paraview_where_its_crack_does(tmp_path):
    frame = np.zeros((3, 4, 5), bool)
    frame[2, 1, 3] = True
    write_paraview(track([frame], spacing=(3.0, 2.0, 1.8)), tmp_path)
    voxels = read_vtk(vtkXMLImageDataReader(), tmp_path / "voxels.vti")
    (cell,) = np.flatnonzero(arrays(voxels.GetCellData())["first_open"] == 0)
    low_x, high_x, low_y, high_y, low_z, high_z = voxels.GetCell(int(cell)).GetBounds()
    centre = ((low_x + high_x) / 2, (low_y + high_y) / 2, (low_z + high_z) / 2)
    assert centre == pytest.approx((3 * 1.8, 1 * 2.0, 2 * 3.0))
    points = read_vtk(vtkXMLPolyDataReader(), tmp_path / "frames" / "frame_0000.vtp")
    assert points.GetPoint(0) == pytest.approx(centre)


def test_paraview_files_are_the_same_in_every_run(tmp_path):
    history = track(scene("#.#.#", "#####"))
    for name in ("a", "b"):
        write_paraview(history, tmp_path / name)
    files = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 4
    for path in files:
        again = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.read_bytes() == again.read_bytes()
