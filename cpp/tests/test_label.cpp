#include <doctest/doctest.h>

#include "crevasse/label.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

Dense<std::uint32_t> spread_labels(const RunVolume& runs, const RunLabels& labels) {
  return spread<std::uint32_t>(runs, labels.labels);
}

void check_against_flood_fill(const Mask& mask, Connectivity connectivity) {
  const auto runs = encode_mask(mask.view(), 1);
  const auto actual = crevasse::label(runs, connectivity, 1);
  const auto expected = reference::label(mask, connectivity);
  CHECK(actual.count == expected.count);
  CHECK(actual.labels.size() == runs.runs.size());
  CHECK(difference(spread_labels(runs, actual).voxels, expected.labels.voxels) == "");
}

template <class T>
void check_valued_against_flood_fill(const Dense<T>& image, Connectivity connectivity) {
  const auto runs = encode_values(image.view(), 1);
  const auto actual = crevasse::label(runs, image.view(), connectivity, 1);
  const auto expected = reference::label(image, connectivity);
  CHECK(actual.count == expected.count);
  CHECK(difference(spread_labels(runs.where, actual).voxels, expected.labels.voxels) == "");
}

/// Labels of a mask by the kernel, as a dense volume.
Dense<std::uint32_t> labelled(const Mask& mask, Connectivity connectivity) {
  const auto runs = encode_mask(mask.view(), 1);
  return spread_labels(runs, crevasse::label(runs, connectivity, 1));
}

template <class T>
Dense<T> flipped(const Dense<T>& image, bool z_too, bool y_too, bool x_too) {
  Dense<T> out(image.shape);
  const Shape& s = image.shape;
  for_each_voxel(s, [&](index_t z, index_t y, index_t x) {
    out.at(z, y, x) =
        image.at(z_too ? s.z - 1 - z : z, y_too ? s.y - 1 - y : y, x_too ? s.x - 1 - x : x);
  });
  return out;
}

/// Axes (z, y, x) become (x, z, y).
template <class T>
Dense<T> turned(const Dense<T>& image) {
  Dense<T> out({image.shape.x, image.shape.z, image.shape.y});
  for_each_voxel(image.shape,
                 [&](index_t z, index_t y, index_t x) { out.at(x, z, y) = image.at(z, y, x); });
  return out;
}

}  // namespace

TEST_CASE("two voxels join exactly where they share a face, an edge, a corner") {
  for (const index_t x : {1, 31, 63, 64, 127, 128}) {
    for_each_voxel({3, 3, 3}, [&](index_t dz, index_t dy, index_t dx) {
      if (dz == 1 && dy == 1 && dx == 1) return;
      const index_t steps = std::abs(dz - 1) + std::abs(dy - 1) + std::abs(dx - 1);
      Mask mask({3, 3, 130});
      mask.at(1, 1, x) = mask.at(dz, dy, x + dx - 1) = 1;
      const auto runs = encode_mask(mask.view(), 1);
      CHECK(crevasse::label(runs, Connectivity::Faces, 1).count == (steps <= 1 ? 1 : 2));
      CHECK(crevasse::label(runs, Connectivity::Edges, 1).count == (steps <= 2 ? 1 : 2));
      CHECK(crevasse::label(runs, Connectivity::Corners, 1).count == 1);
    });
  }
}

TEST_CASE("voxels two apart never join") {
  for (const Connectivity connectivity : connectivities) {
    for_each_voxel({3, 3, 3}, [&](index_t z, index_t y, index_t x) {
      if (z == 0 && y == 0 && x == 0) return;
      Mask mask({5, 5, 5});
      mask.at(0, 0, 0) = mask.at(2 * z, 2 * y, 2 * x) = 1;
      CHECK(crevasse::label(encode_mask(mask.view(), 1), connectivity, 1).count == 2);
      // The same offsets with the other sign along x.
      Mask mirrored = flipped(mask, false, false, true);
      CHECK(crevasse::label(encode_mask(mirrored.view(), 1), connectivity, 1).count == 2);
    });
  }
}

TEST_CASE("rows and slices that follow one another only in memory do not join") {
  Mask mask({3, 4, 10});
  mask.at(0, 3, 5) = mask.at(1, 0, 5) = 1;  // last row of a slice, first row of the next
  mask.at(2, 3, 5) = mask.at(0, 1, 9) = 1;
  mask.at(0, 2, 0) = 1;  // start of the row after
  for (const Connectivity connectivity : connectivities) {
    CHECK(crevasse::label(encode_mask(mask.view(), 1), connectivity, 1).count == 5);
  }
}

TEST_CASE("labels equal a flood fill on noise of every shape and density") {
  Random random(11);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const double density : densities) {
      const Mask mask = noise(shape, density, random);
      for (const Connectivity connectivity : connectivities) {
        check_against_flood_fill(mask, connectivity);
      }
    }
  }
}

TEST_CASE("labels equal a flood fill on runs that span words") {
  Random random(12);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const index_t length : {3, 20, 80}) {
      const Mask mask = stretches(shape, 0.4, length, random);
      for (const Connectivity connectivity : connectivities) {
        check_against_flood_fill(mask, connectivity);
      }
    }
  }
}

TEST_CASE("labels equal a flood fill on hundreds of small random volumes") {
  Random random(13);
  for (int trial = 0; trial < 600; ++trial) {
    const Shape shape{1 + below(random, 5), 1 + below(random, 6), 1 + below(random, 9)};
    const Mask mask = noise(shape, 0.05 + 0.6 * uniform(random), random);
    for (const Connectivity connectivity : connectivities) {
      check_against_flood_fill(mask, connectivity);
    }
  }
}

TEST_CASE("labels of large volumes equal a flood fill for every thread count") {
  Random random(14);
  // Near the density where clusters begin to span the volume they are at their most tangled.
  const std::array tangled{0.31, 0.14, 0.1}, tangled_flat{0.59, 0.41, 0.41};
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    const bool flat = shape.z == 1 || shape.y == 1;
    for (std::size_t c = 0; c < connectivities.size(); ++c) {
      const Mask mask = noise(shape, (flat ? tangled_flat : tangled)[c], random);
      const auto runs = encode_mask(mask.view(), 1);
      const auto expected = reference::label(mask, connectivities[c]);
      for (const int threads : thread_counts) {
        INFO("threads ", threads);
        const auto actual = crevasse::label(runs, connectivities[c], threads);
        CHECK(actual.count == expected.count);
        CHECK(difference(spread_labels(runs, actual).voxels, expected.labels.voxels) == "");
      }
    }
  }
}

TEST_CASE("cracks across every seam equal a flood fill for every thread count") {
  Random random(15);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    const Mask mask = cracks(shape, 3, random);
    const auto runs = encode_mask(mask.view(), 1);
    const auto connectivity = connectivities[to_size(below(random, 3))];
    const auto expected = reference::label(mask, connectivity);
    for (const int threads : {1, 2, 3, 4, 5, 6, 7, 16}) {
      INFO("threads ", threads);
      const auto actual = crevasse::label(runs, connectivity, threads);
      CHECK(actual.count == expected.count);
      CHECK(difference(spread_labels(runs, actual).voxels, expected.labels.voxels) == "");
    }
  }
}

TEST_CASE("a comb whose teeth meet only in the last row is one component for every thread count") {
  const Shape shape{1, 1000, 300};
  Mask comb(shape);
  for_each_voxel(shape, [&](index_t, index_t y, index_t x) {
    comb.at(0, y, x) = x % 2 == 0 || y == shape.y - 1;
  });
  const auto runs = encode_mask(comb.view(), 1);
  for (const Connectivity connectivity : connectivities) {
    for (const int threads : thread_counts) {
      const auto labels = crevasse::label(runs, connectivity, threads);
      CHECK(labels.count == 1);
      CHECK(std::count(labels.labels.begin(), labels.labels.end(), 1U) == runs.run_count());
    }
  }
}

TEST_CASE("threads held by corners alone stay whole across every seam") {
  // Slabs of several slices, and slabs thinner than a slice.
  for (const Shape& shape : {Shape{60, 100, 210}, Shape{5, 1300, 211}}) {
    INFO("shape ", shape);
    for (const index_t dy : {-1, 1}) {
      for (const index_t dx : {-1, 1}) {
        // Every thread goes one row and one column on with every slice, three voxels from the next.
        Mask threaded(shape);
        index_t beginnings = 0;
        for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
          if ((y - dy * z + 300) % 3 != 0 || (x - dx * z + 300) % 3 != 0) return;
          threaded.at(z, y, x) = 1;
          const bool enters_y = y == (dy > 0 ? 0 : shape.y - 1);
          const bool enters_x = x == (dx > 0 ? 0 : shape.x - 1);
          beginnings += z == 0 || enters_y || enters_x;
        });
        const auto runs = encode_mask(threaded.view(), 1);
        for (const int threads : thread_counts) {
          CHECK(crevasse::label(runs, Connectivity::Corners, threads).count == beginnings);
          CHECK(crevasse::label(runs, Connectivity::Edges, threads).count == runs.run_count());
        }
      }
    }
  }
}

TEST_CASE("a checkerboard is all singles by faces and one component by edges") {
  const Shape shape{20, 30, 400};
  Mask board(shape);
  for_each_voxel(
      shape, [&](index_t z, index_t y, index_t x) { board.at(z, y, x) = (z + y + x) % 2 == 0; });
  const auto runs = encode_mask(board.view(), 1);
  for (const int threads : thread_counts) {
    CHECK(crevasse::label(runs, Connectivity::Faces, threads).count == shape.size() / 2);
    CHECK(crevasse::label(runs, Connectivity::Edges, threads).count == 1);
    CHECK(crevasse::label(runs, Connectivity::Corners, threads).count == 1);
  }
}

TEST_CASE("one lone voxel in every second cell is a component in every connectivity") {
  const Shape shape{41, 61, 201};
  Mask dots(shape);
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    dots.at(z, y, x) = z % 2 == 0 && y % 2 == 0 && x % 2 == 0;
  });
  const auto runs = encode_mask(dots.view(), 1);
  for (const Connectivity connectivity : connectivities) {
    for (const int threads : thread_counts) {
      const auto labels = crevasse::label(runs, connectivity, threads);
      CHECK(labels.count == 21 * 31 * 101);
      bool counts_up = true;
      for (std::size_t i = 0; i < labels.labels.size(); ++i) {
        counts_up = counts_up && labels.labels[i] == i + 1;
      }
      CHECK(counts_up);
    }
  }
}

TEST_CASE("labels count up from 1 in raster order of first voxels") {
  Random random(16);
  for (const Connectivity connectivity : connectivities) {
    const Mask mask = noise({9, 20, 70}, 0.12, random);
    const auto runs = encode_mask(mask.view(), 1);
    const auto labels = crevasse::label(runs, connectivity, 1);
    const auto dense = spread_labels(runs, labels);
    CHECK(dense == renumber(dense));
    CHECK(*std::max_element(dense.voxels.begin(), dense.voxels.end()) == labels.count);
  }
}

TEST_CASE("an empty volume has no component and a full one has one") {
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const Connectivity connectivity : connectivities) {
      const Mask none(shape), all(shape, 1);
      CHECK(crevasse::label(encode_mask(none.view(), 1), connectivity, 3).count == 0);
      const index_t expected = shape.size() > 0 ? 1 : 0;
      CHECK(crevasse::label(encode_mask(all.view(), 1), connectivity, 3).count == expected);
    }
  }
}

TEST_CASE("in one slice edges and corners are the same neighbours") {
  Random random(17);
  for (const double density : densities) {
    const Mask mask = noise({1, 40, 90}, density, random);
    CHECK(labelled(mask, Connectivity::Edges) == labelled(mask, Connectivity::Corners));
  }
}

TEST_CASE("flipping or turning the volume keeps the components") {
  Random random(18);
  for (const double density : {0.1, 0.2, 0.35}) {
    const Mask mask = noise({12, 17, 66}, density, random);
    for (const Connectivity connectivity : connectivities) {
      const auto expected = labelled(mask, connectivity);
      for (int axes = 1; axes < 8; ++axes) {
        const bool z = axes & 4, y = axes & 2, x = axes & 1;
        const auto there = labelled(flipped(mask, z, y, x), connectivity);
        CHECK(renumber(flipped(there, z, y, x)) == expected);
      }
      auto around = labelled(turned(mask), connectivity);
      CHECK(renumber(turned(turned(around))) == expected);
    }
  }
}

TEST_CASE_TEMPLATE("voxels join only where their values are equal", T, std::uint8_t, std::uint16_t,
                   std::uint32_t, std::uint64_t) {
  Random random(19);
  constexpr T one = 1;
  constexpr T high = static_cast<T>(one << (8 * sizeof(T) - 3));
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const T scale : {one, high}) {
      for (const index_t kinds : {2, 3, 6}) {
        const auto image = values<T>(shape, kinds, scale, random);
        for (const Connectivity connectivity : connectivities) {
          check_valued_against_flood_fill(image, connectivity);
        }
      }
    }
  }
}

TEST_CASE("valued labels of large volumes equal a flood fill for every thread count") {
  Random random(20);
  for (const Shape& shape : {Shape{30, 90, 210}, Shape{1, 2700, 210}}) {
    INFO("shape ", shape);
    const auto image = values<std::uint8_t>(shape, 4, 1, random);
    const auto runs = encode_values(image.view(), 1);
    for (const Connectivity connectivity : {Connectivity::Faces, Connectivity::Corners}) {
      const auto expected = reference::label(image, connectivity);
      for (const int threads : thread_counts) {
        INFO("threads ", threads);
        const auto actual = crevasse::label(runs, image.view(), connectivity, threads);
        CHECK(actual.count == expected.count);
        CHECK(difference(spread_labels(runs.where, actual).voxels, expected.labels.voxels) == "");
      }
    }
  }
}

TEST_CASE("where all values are equal, valued labels are binary labels") {
  Random random(21);
  const Mask mask = noise({6, 30, 130}, 0.2, random);
  for (const Connectivity connectivity : connectivities) {
    const auto valued = encode_values(mask.view(), 1);
    const auto runs = encode_mask(mask.view(), 1);
    REQUIRE(valued.where == runs);
    const auto a = crevasse::label(valued, mask.view(), connectivity, 1);
    const auto b = crevasse::label(runs, connectivity, 1);
    CHECK(a.count == b.count);
    CHECK(difference(a.labels, b.labels) == "");
  }
}

TEST_CASE("along periodic axes voxels at opposite ends join as a flood fill joins them") {
  Random random(22);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (int axes = 1; axes < 8; ++axes) {
      const Periodic periodic{(axes & 4) != 0, (axes & 2) != 0, (axes & 1) != 0};
      const auto image = values<std::uint8_t>(shape, axes % 2 == 0 ? 2 : 4, 1, random);
      const auto runs = encode_values(image.view(), 1);
      const auto mask = encode_mask(image.view(), 1);
      Mask ones(shape);
      for (std::size_t i = 0; i < ones.voxels.size(); ++i) ones.voxels[i] = image.voxels[i] != 0;
      for (const Connectivity connectivity : connectivities) {
        const auto valued = crevasse::label(runs, image.view(), connectivity, 2, periodic);
        CHECK(difference(spread_labels(runs.where, valued).voxels,
                         reference::label(image, connectivity, periodic).labels.voxels) == "");
        const auto binary = crevasse::label(mask, connectivity, 2, periodic);
        CHECK(difference(spread_labels(mask, binary).voxels,
                         reference::label(ones, connectivity, periodic).labels.voxels) == "");
      }
    }
  }
}

TEST_CASE("a volume beyond 2^31 voxels is labelled by position, not by a 32-bit index") {
  const Shape shape{1500, 1500, 1500};
  auto runs = box(shape, {1000, 3, 7}, {1400, 5, 900});
  const auto labels = crevasse::label(runs, Connectivity::Faces, 3);
  CHECK(runs.voxel_count() == 400 * 2 * 893);
  CHECK(labels.count == 1);
}
