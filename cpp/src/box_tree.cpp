#include "box_tree.hpp"

#include <numeric>
#include <tuple>

namespace crevasse {
namespace {

VoxelBox around(const VoxelBox& a, const VoxelBox& b) {
  VoxelBox box = a;
  for (std::size_t i = 0; i < 3; ++i) {
    box.low[i] = std::min(a.low[i], b.low[i]);
    box.high[i] = std::max(a.high[i], b.high[i]);
  }
  return box;
}

/// By centre along an axis; no two boxes without voxels in common are equal, so what a tree looks
/// like does not depend on how the library partitions.
bool precedes(const VoxelBox& a, const VoxelBox& b, std::size_t axis) {
  const std::int64_t centre_a = std::int64_t{a.low[axis]} + a.high[axis];
  const std::int64_t centre_b = std::int64_t{b.low[axis]} + b.high[axis];
  return std::tie(centre_a, a.low) < std::tie(centre_b, b.low);
}

}  // namespace

BoxTree::BoxTree(std::vector<VoxelBox> boxes, std::span<const std::size_t> body_begin,
                 const std::array<double, 3>& spacing)
    : spacing_(spacing), bodies_(body_begin.size() - 1) {
  nodes_.reserve(2 * boxes.size());
  for (std::uint32_t body = 0; body < bodies_.size(); ++body) {
    const std::size_t begin = body_begin[body], end = body_begin[body + 1];
    bodies_[body].root = build(body, std::span(boxes).subspan(begin, end - begin));
  }
  first_over_ = static_cast<std::uint32_t>(nodes_.size());
  over_bodies_.reserve(bodies_.size());
  std::vector<std::uint32_t> order(bodies_.size());
  std::iota(order.begin(), order.end(), 0U);
  build_over(order);
}

std::size_t BoxTree::longest_axis(const VoxelBox& box) const {
  std::size_t longest = 0;
  for (std::size_t axis = 1; axis < 3; ++axis) {
    if (length(box, axis) > length(box, longest)) longest = axis;
  }
  return longest;
}

std::uint32_t BoxTree::build(std::uint32_t body, std::span<VoxelBox> boxes) {
  VoxelBox box = boxes[0];
  for (const VoxelBox& other : boxes) box = around(box, other);
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({box, body, none, none});
  if (boxes.size() == 1) return node;
  const std::size_t half = boxes.size() / 2, axis = longest_axis(box);
  std::nth_element(boxes.begin(), boxes.begin() + static_cast<std::ptrdiff_t>(half), boxes.end(),
                   [&](const VoxelBox& a, const VoxelBox& b) { return precedes(a, b, axis); });
  const std::uint32_t first = build(body, boxes.first(half));
  const std::uint32_t second = build(body, boxes.subspan(half));
  nodes_[node].first = first;
  nodes_[node].second = second;
  return node;
}

/// The nodes over some bodies; the last one made is over all of them.
std::uint32_t BoxTree::build_over(std::span<std::uint32_t> bodies) {
  if (bodies.size() == 1) return bodies_[bodies[0]].root;
  const auto box_of = [&](std::uint32_t body) { return nodes_[bodies_[body].root].box; };
  VoxelBox box = box_of(bodies[0]);
  for (const std::uint32_t body : bodies) box = around(box, box_of(body));
  const std::size_t half = bodies.size() / 2, axis = longest_axis(box);
  std::nth_element(bodies.begin(), bodies.begin() + static_cast<std::ptrdiff_t>(half), bodies.end(),
                   [&](std::uint32_t a, std::uint32_t b) {
                     const VoxelBox box_a = box_of(a), box_b = box_of(b);
                     if (precedes(box_a, box_b, axis)) return true;
                     return !precedes(box_b, box_a, axis) && a < b;
                   });
  const std::uint32_t first = build_over(bodies.first(half));
  const std::uint32_t second = build_over(bodies.subspan(half));
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({box, none, first, second});
  over_bodies_.emplace_back();
  set_parent(first, node);
  set_parent(second, node);
  return node;
}

void BoxTree::set_parent(std::uint32_t node, std::uint32_t parent) {
  if (node >= first_over_) {
    over_bodies_[node - first_over_].parent = parent;
  } else {
    bodies_[nodes_[node].body].parent = parent;
  }
}

void BoxTree::lower_limit(std::uint32_t body, double limit) {
  bodies_[body].limit = limit;
  for (std::uint32_t node = bodies_[body].parent; node != none;) {
    OverBodies& over = over_bodies_[node - first_over_];
    const double greatest =
        std::max(this->limit(nodes_[node].first), this->limit(nodes_[node].second));
    if (greatest == over.limit) return;
    over.limit = greatest;
    node = over.parent;
  }
}

}  // namespace crevasse
