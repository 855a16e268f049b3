#pragma once

#include <array>
#include <span>

#include "crevasse/buffer.hpp"
#include "crevasse/volume.hpp"

namespace crevasse {

/// A part of a volume: rows along x, which need not follow each other.
template <class T>
struct Rows {
  const T* data;
  Shape shape;
  index_t slice_pitch, row_pitch;  ///< In values, from one slice and from one row to the next.
};

/// Weights of voxels that follow each other along an axis; their sum is 1.
using SampleWeights = std::array<float, 8>;

/// Blocks of an image, each voxel a weighted sum of voxels along x, then y, then z. Block b of
/// `out`, (block, *size), has its first sums from voxel `begins[b]` on. Beyond its border the image
/// repeats. In single precision.
///
/// T: std::uint8_t, uint16, int16, uint32, int32, float, double.
/// Pre: neither the image nor blocks are empty; `out` holds all blocks.
template <class T>
void sample_blocks(const Rows<T>& image, std::span<const std::array<index_t, 3>> begins,
                   const Shape& size, const std::array<SampleWeights, 3>& weights,
                   std::span<float> out);

/// Equal cells of a smoothed image and of one that it is compared with, as many values a voxel.
struct CellPairs {
  index_t count, voxels;  ///< Cells, and voxels of each.
  int axes;
  const float* sample;  ///< (cell, voxel): of the image.
  const float* grey;    ///< (cell, voxel): of the other, less the mean of the cell.
  const float* slope;   ///< (cell, axis, voxel): gradient of that.
  float light;          ///< How many times as strong contrast is in the image.
};

/// One step of Gauss and Newton for each cell: the shift solves `normal` × shift = `pull`.
struct ShiftEquations {
  Buffer<double> normal;  ///< (cell, axis, axis)
  Buffer<double> pull;    ///< (cell, axis)
  Buffer<double> left;    ///< (cell): weighted sum of squares of what differs
};

/// How far the cells of an image have moved, each with an offset of its own. A voxel that differs
/// by more than `tolerance` voxels of shift and a noise of variance `noise` would make it has less
/// weight (Geman and McClure, "Statistical methods for tomographic image reconstruction", Bull.
/// ISI 52, 1987); by an infinite tolerance all have the same. In single precision, in a fixed
/// order.
///
/// Pre: 2 or 3 axes, noise > 0, tolerance > 0.
ShiftEquations shift_equations(const CellPairs& pairs, float noise, float tolerance);

/// Mean square of what differs between each cell of `grey`, (cell, voxel) less the cell's mean and
/// times `light`, and the image at every place of the cell in `around`, (cell, *window); offsets of
/// grey values are no difference. `out` is (cell, *place): `window` - `cell` + 1 an axis.
///
/// Pre: `cell` fits into `window`; spans hold as many values as the shapes say.
void shift_differences(std::span<const float> around, const Shape& window,
                       std::span<const float> grey, const Shape& cell, float light,
                       std::span<float> out);

}  // namespace crevasse
