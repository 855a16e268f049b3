// One kernel, once, on a raw uint8 volume: what count_instructions.py runs under callgrind, which
// collects inside `measured` only.
#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "crevasse/contacts.hpp"
#include "crevasse/distance.hpp"
#include "crevasse/intensity.hpp"
#include "crevasse/label.hpp"
#include "crevasse/local_thickness.hpp"
#include "crevasse/nearest_background.hpp"
#include "crevasse/neighbourhood.hpp"
#include "crevasse/overlap.hpp"
#include "crevasse/regions.hpp"
#include "crevasse/set_operations.hpp"
#include "crevasse/surface.hpp"

using namespace crevasse;

extern "C" __attribute__((noinline)) void measured(const std::function<void()>& kernel) {
  kernel();
}

namespace {

std::vector<std::uint8_t> read(const char* path, const Shape& shape) {
  std::vector<std::uint8_t> voxels(static_cast<std::size_t>(shape.size()));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(voxels.data()), shape.size());
  if (!file) throw std::runtime_error(std::string(path) + " is too short");
  return voxels;
}

int run(const std::string& name, const char* path, index_t edge) {
  const Shape shape{edge, edge, edge};
  const auto voxels = read(path, shape);
  const Volume<const std::uint8_t> image{voxels.data(), shape};
  const auto runs = encode_mask(image, 1);
  const auto valued = encode_values(image, 1);
  const auto labels = label(runs, Connectivity::Corners, 1);
  std::vector<std::uint32_t> dense(voxels.size());
  const Volume<std::uint32_t> out{dense.data(), shape};
  std::vector<std::uint32_t> phases(valued.values.begin(), valued.values.end());
  constexpr std::array median{0.5};
  std::vector<float> floats(voxels.size());
  const Volume<float> lengths{floats.data(), shape};
  std::vector<std::int32_t> places(3 * voxels.size());
  index_t sink = 0;

  const std::map<std::string, std::function<void()>> kernels{
      {"encode_mask", [&] { sink += encode_mask(image, 1).run_count(); }},
      {"encode_values", [&] { sink += encode_values(image, 1).where.run_count(); }},
      {"encode_threshold",
       [&] {
         sink +=
             encode_threshold<std::uint8_t>(image, std::uint8_t{1}, std::uint8_t{255}, nullptr, 1)
                 .run_count();
       }},
      {"label", [&] { sink += label(runs, Connectivity::Corners, 1).count; }},
      {"label_values", [&] { sink += label(valued, image, Connectivity::Corners, 1).count; }},
      {"write_values",
       [&] { write_values<std::uint32_t, std::uint32_t>(runs, labels.labels, out, 0, false, 1); }},
      {"regions", [&] { sink += regions(runs, labels.labels, labels.count, 1)[0].first_voxel; }},
      {"overlap",
       [&] {
         sink += static_cast<index_t>(overlap(runs, labels.labels, runs, labels.labels, 1).size());
       }},
      {"surface", [&] { sink += surface(runs, labels.labels, labels.count, 1)[0].euler_26; }},
      {"contacts", [&] { sink += static_cast<index_t>(contacts(valued.where, phases, 1).size()); }},
      {"intensity",
       [&] { sink += intensity(runs, labels.labels, labels.count, image)[0].n_voxels; }},
      {"quantiles",
       [&] { sink += quantiles(runs, labels.labels, labels.count, image, median, 1)[0] > 0; }},
      {"dilate", [&] { sink += dilate(runs, Connectivity::Corners, 1).run_count(); }},
      {"distance", [&] { distance(runs, lengths, false, {}, 1); }},
      {"nearest_background",
       [&] {
         const auto part = [&](index_t i) {
           return Volume<std::int32_t>{places.data() + i * shape.size(), shape};
         };
         nearest_background(runs, {part(0), part(1), part(2)}, {1, 1, 1}, 1);
       }},
      {"label_distance", [&] { label_distance(image, lengths, {}, 1); }},
      {"local_thickness", [&] { local_thickness(runs, lengths, false, {}, 1); }},
      {"window", [&] { sink += window(runs, {1, 1, 1}, shape, 1).run_count(); }},
      {"union", [&] { sink += combine(runs, runs, SetOperation::Union, 1).run_count(); }},
  };
  const auto kernel = kernels.find(name);
  if (kernel == kernels.end()) {
    for (const auto& [known, _] : kernels) std::cout << known << '\n';
    return 2;
  }
  measured(kernel->second);
  std::cout << runs.run_count() << '\n';
  return sink == -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: kernels KERNEL VOLUME.raw EDGE\n";
    return 2;
  }
  return run(argv[1], argv[2], std::atoll(argv[3]));
}
