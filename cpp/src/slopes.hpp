#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "voxel_numbering.hpp"

/// Heights over a set of voxels, taken apart into the slopes of their peaks: what joins when, as
/// the water falls, without a look at every voxel in order of height.
namespace crevasse {

/// Where the slopes of two peaks meet: at a voxel of one that has a higher neighbour on the other.
struct Pass {
  std::uint32_t voxel;  ///< By number.
  std::uint32_t a, b;   ///< Peaks.
};

/// Voxels come in order of height, the highest first, equals in raster order. A voxel none of whose
/// 26 neighbours comes before it is a peak. From any other one leads a step to the neighbour that
/// comes first of all, and so on up to a peak, whose slope it is on. So what is joined by voxels
/// above a height is joined by slopes and passes above it.
class Slopes {
 public:
  /// Memory: 8 bytes a voxel of `runs`, 12 bytes a pass. The same for every thread count.
  /// Pre: a height for each voxel of `runs`, in raster order; none is NaN.
  Slopes(const RunVolume& runs, std::span<const float> height, int threads);

  const VoxelNumbering& numbering() const { return numbering_; }
  float height(std::uint32_t voxel) const { return height_[voxel]; }
  /// Voxels that are peaks, in order; peaks are named by their place in it.
  const std::vector<std::uint32_t>& peaks() const { return peaks_; }
  std::uint32_t peak_of(std::uint32_t voxel) const { return up_[voxel]; }
  /// All passes, in order of their voxels.
  const std::vector<Pass>& passes() const { return passes_; }
  /// Whether voxel a comes before voxel b.
  CREVASSE_INLINE bool before(std::uint32_t a, std::uint32_t b) const {
    return height_[a] > height_[b] || (height_[a] == height_[b] && a < b);
  }
  /// Put passes in order.
  void sort(std::vector<Pass>& passes) const;

 private:
  void climb(const RunVolume& runs, int threads);
  void name_peaks();
  void find_passes(const RunVolume& runs, int threads);

  VoxelNumbering numbering_;
  Buffer<float> height_;      ///< By number; lowest of all past the last.
  Buffer<std::uint32_t> up_;  ///< By number: the neighbour that comes first; then the peak.
  std::vector<std::uint32_t> peaks_;
  std::vector<Pass> passes_;
};

}  // namespace crevasse
