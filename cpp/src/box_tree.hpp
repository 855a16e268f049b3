#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "crevasse/volume.hpp"

/// Bodies, which are sets of boxes, as trees of boxes, under one tree of all bodies.
namespace crevasse {

/// Voxels [low, high) along z, y, x.
struct VoxelBox {
  std::array<std::int32_t, 3> low, high;

  /// Voxels between this box and another along an axis; 0 where they touch or overlap.
  CREVASSE_INLINE std::int32_t gap(const VoxelBox& other, std::size_t axis) const {
    return std::max({other.low[axis] - high[axis], low[axis] - other.high[axis], 0});
  }
};

class BoxTree {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    VoxelBox box;
    std::uint32_t body;           ///< That all of it belongs to; none: several.
    std::uint32_t first, second;  ///< Children; none where the node is one of the given boxes.
    bool is_box() const { return first == none; }
  };

  /// Boxes of body b are boxes[body_begin[b] .. body_begin[b + 1]), at least one; at least one
  /// body.
  BoxTree(std::vector<VoxelBox> boxes, std::span<const std::size_t> body_begin,
          const std::array<double, 3>& spacing);

  const Node& operator[](std::uint32_t node) const { return nodes_[node]; }
  /// The node over everything.
  std::uint32_t root() const { return static_cast<std::uint32_t>(nodes_.size()) - 1; }
  std::uint32_t root_of(std::uint32_t body) const { return bodies_[body].root; }

  /// A length per body, at first infinite, that can only be lowered; of a node, the greatest of its
  /// bodies'.
  double limit(std::uint32_t node) const {
    const std::uint32_t body = nodes_[node].body;
    return body != none ? bodies_[body].limit : over_bodies_[node - first_over_].limit;
  }
  void lower_limit(std::uint32_t body, double limit);
  /// The longest edge of a node's box, in the unit of the spacing.
  double longest(std::uint32_t node) const {
    return length(nodes_[node].box, longest_axis(nodes_[node].box));
  }

 private:
  struct Body {
    std::uint32_t root = 0;
    std::uint32_t parent = none;
    double limit = std::numeric_limits<double>::infinity();
  };
  /// What is known of a node over several bodies.
  struct OverBodies {
    std::uint32_t parent = none;
    double limit = std::numeric_limits<double>::infinity();
  };

  std::uint32_t build(std::uint32_t body, std::span<VoxelBox> boxes);
  std::uint32_t build_over(std::span<std::uint32_t> bodies);
  void set_parent(std::uint32_t node, std::uint32_t parent);
  double length(const VoxelBox& box, std::size_t axis) const {
    return spacing_[axis] * (box.high[axis] - box.low[axis]);
  }
  std::size_t longest_axis(const VoxelBox& box) const;

  std::array<double, 3> spacing_;
  std::vector<Node> nodes_;
  std::vector<Body> bodies_;
  std::vector<OverBodies> over_bodies_;
  std::uint32_t first_over_ = 0;  ///< The first node of those over several bodies.
};

}  // namespace crevasse
