#include "gradient_tensors.hpp"

#include <algorithm>

#include "simd.hpp"

namespace crevasse {
namespace {

/// The six products of the gradients of a row of `n` voxels. `rows[3 * dz + dy]` is the row at
/// (dz - 1, dy - 1), of which values from -1 to n are read; `mixed` has room for three such rows.
///
/// Central differences along one axis, (1, 4, 1) / 6 across: the error of each component, to
/// second order in the wave number, is then the same factor, and the direction has none.
CREVASSE_CLONES
void multiply_row(const std::array<const float*, 9>& rows, index_t n, float* mixed,
                  const std::array<float*, 6>& products) {
  float *across = mixed + 1, *along_z = across + n + 2, *along_y = along_z + n + 2;
  for (index_t x = -1; x <= n; ++x) {
    const float below = rows[0][x] + 4 * rows[1][x] + rows[2][x];
    const float level = rows[3][x] + 4 * rows[4][x] + rows[5][x];
    const float above = rows[6][x] + 4 * rows[7][x] + rows[8][x];
    across[x] = below + 4 * level + above;
    along_z[x] = above - below;
    along_y[x] =
        (rows[2][x] - rows[0][x]) + 4 * (rows[5][x] - rows[3][x]) + (rows[8][x] - rows[6][x]);
  }
  constexpr float scale = 1.0F / 72;  // 2 of the difference, 6 of each mean
  for (index_t x = 0; x < n; ++x) {
    const float gz = scale * (along_z[x - 1] + 4 * along_z[x] + along_z[x + 1]);
    const float gy = scale * (along_y[x - 1] + 4 * along_y[x] + along_y[x + 1]);
    const float gx = scale * (across[x + 1] - across[x - 1]);
    products[0][x] = gz * gz;
    products[1][x] = gy * gy;
    products[2][x] = gx * gx;
    products[3][x] = gz * gy;
    products[4][x] = gz * gx;
    products[5][x] = gy * gx;
  }
}

CREVASSE_CLONES
void add_line(float* to, const float* line, index_t n) {
  for (index_t i = 0; i < n; ++i) to[i] += line[i];
}

CREVASSE_CLONES
void slide_line(float* to, const float* before, const float* enters, const float* leaves,
                index_t n) {
  for (index_t i = 0; i < n; ++i) to[i] = before[i] + (enters[i] - leaves[i]);
}

/// Lines of `n` values: out line i, of [out_begin, out_end), becomes the sum of the lines of
/// [in_begin, in_end) that lie at most `window` from it.
void sum_lines(const float* in, index_t in_begin, index_t in_end, float* out, index_t out_begin,
               index_t out_end, index_t window, index_t n) {
  for (index_t i = out_begin; i < out_end; ++i) {
    float* const to = out + (i - out_begin) * n;
    const auto line = [&](index_t k) { return in + (k - in_begin) * n; };
    const index_t enters = i + window, leaves = i - window - 1;
    if (i > out_begin && enters < in_end && leaves >= in_begin) {
      slide_line(to, to - n, line(enters), line(leaves), n);
      continue;
    }
    std::fill_n(to, n, 0.0F);
    const index_t last = std::min(enters + 1, in_end);
    for (index_t k = std::max(leaves + 1, in_begin); k < last; ++k) add_line(to, line(k), n);
  }
}

/// Values beyond both ends of an axis of lines go on as straight as between the last two, or are
/// equal where the volume has one line only. `begin..end` are in the values, `0..extent` in the
/// volume.
void extrapolate_lines(float* values, index_t begin, index_t end, index_t extent, index_t stride,
                       index_t n) {
  const auto fill = [&](index_t at, index_t inward) {
    float* const to = values + (at - begin) * stride;
    const float* const last = to + inward * stride;
    const float* const next = last + (extent > 1 ? inward * stride : 0);
    for (index_t i = 0; i < n; ++i) to[i] = 2 * last[i] - next[i];
  };
  if (begin < 0) fill(-1, 1);
  if (end > extent) fill(extent, -1);
}

}  // namespace

Box Box::within(const Shape& shape) const {
  const auto low = [](index_t a) { return std::max<index_t>(a, 0); };
  return {{low(begin.z), low(begin.y), low(begin.x)},
          {std::min(end.z, shape.z), std::min(end.y, shape.y), std::min(end.x, shape.x)}};
}

Vector principal_direction(Tensor t) {
  // Every squaring squares the ratio of two eigenvalues; columns turn to the first eigenvector.
  for (int i = 0; i < 6; ++i) {
    const double trace = t[0] + t[1] + t[2];
    if (!(trace > 0) || !std::isfinite(trace)) return {};
    const auto [zz, yy, xx, zy, zx, yx] = t;
    const double scale = 1 / (trace * trace);
    t = {scale * (zz * zz + zy * zy + zx * zx), scale * (zy * zy + yy * yy + yx * yx),
         scale * (zx * zx + yx * yx + xx * xx), scale * (zz * zy + zy * yy + zx * yx),
         scale * (zz * zx + zy * yx + zx * xx), scale * (zy * zx + yy * yx + yx * xx)};
  }
  const Vector column = t[0] >= t[1] && t[0] >= t[2] ? Vector{t[0], t[3], t[4]}
                        : t[1] >= t[2]               ? Vector{t[3], t[1], t[5]}
                                                     : Vector{t[4], t[5], t[2]};
  const double length =
      std::sqrt(column[0] * column[0] + column[1] * column[1] + column[2] * column[2]);
  return {column[0] / length, column[1] / length, column[2] / length};
}

Box GradientTensors::begin(const Shape& volume, const Box& tile, index_t window) {
  volume_ = volume;
  tile_ = tile;
  window_ = window;
  products_box_ = tile.grown(window).within(volume);
  values_box_ = products_box_.grown(1);
  values_.resize(static_cast<std::size_t>(values_box_.shape().size()));
  return values_box_;
}

void GradientTensors::finish() {
  extrapolate();
  multiply();
  const Shape n = products_box_.shape(), m = tile_.shape();
  for (std::size_t i = 0; i < n_products; ++i) {
    along_z_[i].resize(static_cast<std::size_t>(m.z * n.y * n.x));
    sum_lines(products_[i].data(), products_box_.begin.z, products_box_.end.z, along_z_[i].data(),
              tile_.begin.z, tile_.end.z, window_, n.y * n.x);
    along_zy_[i].resize(static_cast<std::size_t>(m.z * m.y * n.x));
    for (index_t z = 0; z < m.z; ++z) {
      sum_lines(along_z_[i].data() + z * n.y * n.x, products_box_.begin.y, products_box_.end.y,
                along_zy_[i].data() + z * m.y * n.x, tile_.begin.y, tile_.end.y, window_, n.x);
    }
  }
}

Tensor GradientTensors::at(index_t z, index_t y, index_t x) const {
  const Shape n = products_box_.shape(), m = tile_.shape();
  const index_t row = ((z - tile_.begin.z) * m.y + y - tile_.begin.y) * n.x;
  const index_t begin = std::max(x - window_, products_box_.begin.x);
  const index_t end = std::min(x + window_ + 1, products_box_.end.x);
  Tensor tensor{};
  for (std::size_t i = 0; i < n_products; ++i) {
    const float* const line = along_zy_[i].data() + row - products_box_.begin.x;
    float sum = 0;
    for (index_t k = begin; k < end; ++k) sum += line[k];
    tensor[i] = static_cast<double>(sum);
  }
  return tensor;
}

void GradientTensors::extrapolate() {
  const Shape n = values_box_.shape();
  for (index_t r = 0; r < n.rows(); ++r) {
    extrapolate_lines(values_.data() + r * n.x, values_box_.begin.x, values_box_.end.x, volume_.x,
                      1, 1);
  }
  for (index_t z = 0; z < n.z; ++z) {
    extrapolate_lines(values_.data() + z * n.y * n.x, values_box_.begin.y, values_box_.end.y,
                      volume_.y, n.x, n.x);
  }
  extrapolate_lines(values_.data(), values_box_.begin.z, values_box_.end.z, volume_.z, n.y * n.x,
                    n.y * n.x);
}

void GradientTensors::multiply() {
  const Shape n = products_box_.shape(), wide = values_box_.shape();
  for (auto& product : products_) product.resize(static_cast<std::size_t>(n.size()));
  std::vector<float> mixed(3 * static_cast<std::size_t>(wide.x));
  for (index_t z = 0; z < n.z; ++z) {
    for (index_t y = 0; y < n.y; ++y) {
      std::array<const float*, 9> rows{};
      for (index_t i = 0; i < 9; ++i) {
        rows[static_cast<std::size_t>(i)] =
            values_.data() + ((z + i / 3) * wide.y + y + i % 3) * wide.x + 1;
      }
      std::array<float*, n_products> products{};
      for (std::size_t i = 0; i < n_products; ++i) {
        products[i] = products_[i].data() + (z * n.y + y) * n.x;
      }
      multiply_row(rows, n.x, mixed.data(), products);
    }
  }
}

}  // namespace crevasse
