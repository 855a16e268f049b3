#include "arrays.hpp"
#include "crevasse/parallel.hpp"

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  using namespace crevasse::python;
  m.doc() = "Compiled kernels of crevasse; the documented functions are in the package crevasse.";
  m.def("default_threads", &crevasse::default_threads);
  bind_runs(m);
  bind_set_operations(m);
  bind_neighbourhood(m);
  bind_label(m);
  bind_merge_labels(m);
  bind_brick_boundary(m);
  bind_regions(m);
  bind_intensity(m);
  bind_overlap(m);
  bind_interval(m);
  bind_layer_thickness(m);
  bind_ledger(m);
  bind_surface(m);
  bind_translate(m);
  bind_drift(m);
  bind_columns(m);
  bind_contacts(m);
  bind_distance(m);
  bind_geodesic(m);
  bind_geodesic_tips(m);
  bind_ligament(m);
  bind_local_thickness(m);
  bind_nearest_background(m);
  bind_aperture(m);
  bind_voxel_values(m);
}
