"""Kernels for blocks, cut and put together as httomo does."""

import inspect
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crevasse
from crevasse import steps
from crevasse.steps import blocks

from strategies import masks

shapes = st.tuples(st.integers(1, 6), st.integers(1, 14), st.integers(1, 9))


def in_blocks(method, volume, edges, axis, padding, **parameters):
    """As httomo does: blocks along one axis, with slices of their neighbours on each side, and at
    the volume's ends its outer slices again and again; what was added is cut off afterwards."""
    widths = [(padding, padding) if a == axis else (0, 0) for a in range(3)]
    padded = np.pad(volume, widths, mode="edge")
    whole = slice(padding, padding + volume.shape[axis])
    parts = []
    for begin, end in pairwise([0, *edges, volume.shape[axis]]):
        block = padded.take(range(begin, end + 2 * padding), axis)
        kept = np.arange(padding, padding + end - begin)
        parts.append(method(block, **parameters).take(kept, axis))
    expected = np.moveaxis(np.moveaxis(method(padded, **parameters), axis, 0)[whole], 0, axis)
    return np.concatenate(parts, axis), expected


@given(masks(shapes), st.sampled_from([0, 1]), st.data(),
       st.sampled_from(["distance_within", "thickness_within"]),
       st.sampled_from([1.0, 2.0, 2.7, 5.0, 5.3]), st.sampled_from([1.0, 0.7]))  # fmt: skip
def test_what_blocks_give_does_not_depend_on_where_they_are_cut(
    mask, axis, data, method, limit, voxel_size
):
    volume = mask.astype(np.uint8)
    edges = sorted(data.draw(st.sets(st.integers(0, volume.shape[axis]), max_size=4)))
    edges = [e for e in edges if 0 < e < volume.shape[axis]]
    padding = steps.slices_within(limit, voxel_size)
    found, expected = in_blocks(
        getattr(steps, method), volume, edges, axis, padding, limit=limit, voxel_size=voxel_size
    )
    np.testing.assert_array_equal(found, expected)


def test_fewer_slices_would_not_do():
    volume = np.ones((1, 12, 1), np.uint8)
    volume[0, 0] = 0
    found, expected = in_blocks(steps.distance_within, volume, [3], 1, 2, limit=4.0)
    assert (found != expected).any()


def test_blocks_are_views_and_come_back_as_plain_arrays_of_their_shape(rng):
    grey = rng.random((7, 20, 9)).astype(np.float32)
    block = grey[:, 3:11]
    mask = steps.threshold_mask(block, low=0.2, high=0.7)
    assert type(mask) is np.ndarray
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, (block >= np.float32(0.2)) & (block <= np.float32(0.7)))
    for method in (steps.distance_within, steps.thickness_within):
        found = method(mask[:, ::2], limit=4)
        assert type(found) is np.ndarray
        assert found.dtype == np.float32
        assert found.shape == mask[:, ::2].shape
    np.testing.assert_array_equal(
        steps.thickness_within(mask, 1e3, voxel_size=1.8),
        crevasse.local_thickness(mask, spacing=1.8),
    )


def test_any_order_of_axes_gives_the_same(rng):
    mask = (rng.random((8, 9, 10)) < 0.7).astype(np.uint8)
    for method in (steps.distance_within, steps.thickness_within):
        turned = method(np.swapaxes(mask, 0, 1), limit=5)
        np.testing.assert_array_equal(np.swapaxes(turned, 0, 1), method(mask, limit=5))


def test_grey_values_are_no_mask():
    with pytest.raises(TypeError, match=r"data must be a mask .* got float32; put threshold_mask"):
        steps.distance_within(np.zeros((2, 3, 4), np.float32), limit=3)
    with pytest.raises(ValueError, match="limit must be positive and finite, got 0"):
        steps.slices_within(0)


# --- httomo --------------------------------------------------------------------------------------

DATABASE = Path(__file__).parent.parent / "examples" / "httomo" / "httomo_backends"
METHODS = [steps.threshold_mask, steps.distance_within, steps.thickness_within]
# What a block has; httomo fills parameters of these names itself.
INJECTED = {"data", "angles", "angles_radians", "darks", "flats", "dark", "flat", "shape",
            "padding", "slicing_dim", "global_index", "comm", "gpu_id"}  # fmt: skip


def read_yaml(*parts):
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(DATABASE.joinpath(*parts).read_text(encoding="utf-8"))


def library():
    return read_yaml("methods_database", "packages", "backends", "crevasse", "crevasse.yaml")


def test_the_library_file_tells_httomo_of_every_method():
    listed = library()["steps"]["blocks"]
    assert list(listed) == [method.__name__ for method in METHODS]
    for name, facts in listed.items():
        assert facts.keys() == {
            "pattern", "output_dims_change", "implementation", "memory_gpu", "save_result_default",
            "padding",
        }  # fmt: skip
        assert (facts["pattern"], facts["implementation"]) == ("all", "cpu")
        assert facts["output_dims_change"] is False
        assert facts["padding"] is name.endswith("_within")


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_templates_have_the_parameters_of_the_methods(method):
    (template,) = read_yaml(
        "yaml_templates", "crevasse", "crevasse.steps.blocks", f"{method.__name__}.yaml"
    )
    assert getattr(blocks, template["method"]) is method
    assert template["module_path"] == method.__module__
    first, *others = inspect.signature(method).parameters.values()
    defaults = {p.name: "REQUIRED" if p.default is p.empty else p.default for p in others}
    assert template["parameters"] == defaults
    assert first.name == "data"
    assert not INJECTED & defaults.keys()


def test_the_pipeline_shown_gives_parameters_that_methods_take():
    pipeline = read_yaml("..", "pipeline.yaml")
    ours = [stage for stage in pipeline if stage["module_path"].startswith("crevasse")]
    assert [stage["method"] for stage in ours] == ["threshold_mask", "thickness_within"]
    for stage in ours:
        method = getattr(blocks, stage["method"])
        inspect.signature(method).bind(data=None, **stage["parameters"])


@pytest.fixture
def httomo(monkeypatch):
    """The methods database of httomo with ours in it."""
    pytest.importorskip("httomo")
    from httomo_backends.methods_database import packages, query

    monkeypatch.setattr(query, "YAML_DIR", DATABASE / "methods_database" / "packages")
    monkeypatch.setattr(packages, "__path__", [*packages.__path__, str(query.YAML_DIR)])
    # httomo 3.0 asks this of numpy where there is no cupy.
    monkeypatch.setattr(np, "get_array_module", lambda _: np, raising=False)
    return query.MethodDatabaseRepository()


@pytest.mark.parametrize("method", ["distance_within", "thickness_within"])
def test_httomo_runs_them_on_its_blocks(httomo, method, rng):
    from httomo.method_wrappers import make_method_wrapper
    from httomo.preview import PreviewConfig, PreviewDimConfig
    from httomo.runner.auxiliary_data import AuxiliaryData
    from httomo.runner.dataset import DataSetBlock
    from mpi4py.MPI import COMM_WORLD

    whole = PreviewDimConfig(0, 1)
    wrapper = make_method_wrapper(httomo, "crevasse.steps.blocks", method, COMM_WORLD,
                                  PreviewConfig(whole, whole, whole), limit=5.0,
                                  voxel_size=1.5)  # fmt: skip
    before, after = wrapper.calculate_padding()
    volume = (rng.random((9, 20, 11)) < 0.97).astype(np.uint8)
    padded = np.pad(volume, ((0, 0), (before, after), (0, 0)), mode="edge")
    found = []
    for begin in range(0, 20, 5):
        block = DataSetBlock(padded[:, begin : begin + 5 + before + after],
                             AuxiliaryData(np.zeros(9)), slicing_dim=1, block_start=begin - before,
                             chunk_start=-before, global_shape=volume.shape,
                             chunk_shape=padded.shape, padding=(before, after))  # fmt: skip
        found.append(wrapper.execute(block).data_unpadded)
    expected = getattr(steps, method)(padded, limit=5.0, voxel_size=1.5)[:, before:-after]
    np.testing.assert_array_equal(np.concatenate(found, axis=1), expected)
