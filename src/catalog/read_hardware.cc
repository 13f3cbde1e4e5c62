#include "catalog/draft.h"

namespace trine::catalog {
namespace {

using yaml::Fields;
using yaml::required;

const std::vector<std::pair<std::string_view, Method>> kMethods = {{"measured", Method::measured},
                                                                   {"derived", Method::derived}};
void read_gpu(Fields& f, Draft& d, Gpu& g) {
  f.text(required("id", "Name."), g.id);
  f.texts({"aliases", "Other names, NVML's among them."}, g.aliases);
  f.text(required("arch", "Architecture."), g.arch);
  f.number(required("memory_gb", "Memory, GB."), g.memory_gb, 1, 10'000);
  f.text(required("memory", "Kind of memory."), g.memory);
  f.number(required("bandwidth_gb_s", "Memory bandwidth, GB/s."), g.bandwidth_gb_s, 10, 1e6);
  f.number(required("fp16_tflops", "Dense FP16 with FP32 accumulate, TFLOPS."), g.fp16_tflops, 1, 1e6);
  f.number(required("tdp_w", "Power limit, W."), g.tdp.w, 1, 10'000);
  f.number(required("idle_w", "Driver loaded, no work, W."), g.idle.w, 0.1, 10'000);
  f.choice(required("idle_method", "How the idle power is known."), g.idle_method, kMethods);
  read_source(f, d, g.idle_source, "idle_source");
  f.object(required("embodied_kg", "Embodied carbon of one card, kg CO2e."), g.embodied, [](Fields& e, Embodied& out) {
    double low = 0, mid = 0, high = 0;
    e.number(required("low", "Low."), low, 1, 1e5);
    e.number(required("mid", "Middle."), mid, 1, 1e5);
    e.number(required("high", "High."), high, 1, 1e5);
    out = {grams(low * 1000), grams(mid * 1000), grams(high * 1000)};
    e.check([&e, low, mid, high] {
      if (!(low <= mid && mid <= high)) e.complain("mid", "must lie between low and high.");
    });
  });
  f.text(required("embodied_method", "published | literature | derived."), g.embodied_method);
  read_source(f, d, g.embodied_source, "embodied_source");
  read_source(f, d, g.source);
  d.defines(f, "GPU", "id", g.id);
  for (size_t i = 0; i < g.aliases.size(); ++i)
    d.definitions.push_back({"GPU", g.aliases[i], f.at(f.where("aliases", i))});
  f.check([&] {
    if (g.idle >= g.tdp) f.complain("idle_w", "must be below tdp_w.");
  });
}

void read_server(Fields& f, Draft& d, Server& s) {
  f.text(required("id", "Name."), s.id);
  f.text(required("name", "What it is."), s.name);
  f.integer(required("gpus", "Cards that it carries."), s.gpus, 1, 64);
  f.number(required("host_w", "Power of everything but the GPUs, W."), s.host.w, 1, 100'000);
  double kg = 0;
  f.number(required("embodied_kg", "Embodied carbon without GPUs, kg CO2e."), kg, 1, 1e6);
  s.embodied = grams(kg * 1000);
  f.number(required("life_years", "Life."), s.life_years, 0.5, 20);
  read_source(f, d, s.source);
  d.defines(f, "server", "id", s.id);
}

void read_model(Fields& f, Draft& d, Model& m) {
  f.text(required("id", "Name."), m.id);
  f.text(required("name", "Name for people."), m.name);
  f.texts({"aliases", "Names on Hugging Face, Ollama."}, m.aliases);
  f.choice(required("arch", "Kind."), m.arch, kArchs);
  f.number(required("total_b", "Parameters, 1e9."), m.total_b, 0.001, 100'000);
  f.number(required("active_b", "Parameters that one token uses, 1e9."), m.active_b, 0.001, 100'000);
  f.integer({"experts", "Experts per layer."}, m.experts, 0, 100'000);
  f.integer({"active_experts", "Experts that one token uses, per layer."}, m.active_experts, 0, 100'000);
  f.number(required("weight_bits", "Mean bits per parameter."), m.weight_bits, 1, 64);
  f.integer(required("layers", "Layers."), m.layers, 1, 10'000);
  f.integer(required("kv_bytes", "KV cache per token of context, bytes."), m.kv_bytes, 1, 1 << 30);
  f.integer(required("context", "Longest context, tokens."), m.context, 128, 1 << 30);
  f.text(required("licence", "Licence of the weights."), m.licence);
  read_source(f, d, m.source);
  d.defines(f, "model", "id", m.id);
  for (size_t i = 0; i < m.aliases.size(); ++i)
    d.definitions.push_back({"model", m.aliases[i], f.at(f.where("aliases", i))});
  f.check([&] {
    if (m.active_b > m.total_b) f.complain("active_b", "must not be larger than total_b.");
    if (m.active_experts > m.experts) f.complain("active_experts", "must not be larger than experts.");
  });
}

void read_curve(Fields& f, Draft& d, Curve& c) {
  f.text(required("model", "Model."), c.model);
  f.text(required("gpu", "GPU."), c.gpu);
  f.integer(required("gpus", "Cards of the deployment."), c.gpus, 1, 1024);
  f.number(required("a_joules", "J per output token, at any batch."), c.a_joules, 0, 1e4);
  f.number(required("b_joules", "J per output token, divided by the batch."), c.b_joules, 0, 1e5);
  f.number(required("step_s0", "Seconds per decode step."), c.step_s0, 0, 10);
  f.number(required("step_s1", "Seconds per decode step and running request."), c.step_s1, 0, 10);
  f.number(required("min_batch", "Smallest batch that was fitted."), c.min_batch, 0.5, 1e6);
  f.number(required("max_batch", "Largest batch that was fitted."), c.max_batch, 0.5, 1e6);
  f.choice(required("method", "How it is known."), c.method, kMethods);
  f.integer(required("n", "Points that were fitted."), c.rows, 2, 1'000'000);
  f.number(required("r2", "R2 of the energy fit."), c.r2, -10, 1);
  f.number(required("step_r2", "R2 of the step-time fit."), c.step_r2, -10, 1);
  f.text({"derived_from", "What it was derived from."}, c.derived_from);
  f.text(required("task", "The benchmark's task."), c.task);
  read_source(f, d, c.source);
  d.refers(f, Kind::model, "model", c.model);
  d.refers(f, Kind::gpu, "gpu", c.gpu);
  d.defines(f, "curve", "model", fmt::format("{} on {} x {}", c.model, c.gpus, c.gpu));
  f.check([&] {
    if (c.a_joules + c.b_joules <= 0) f.complain("a_joules", "and b_joules must not both be 0.");
    if (c.step_s0 + c.step_s1 <= 0) f.complain("step_s0", "and step_s1 must not both be 0.");
    if (c.min_batch > c.max_batch) f.complain("min_batch", "must not be larger than max_batch.");
    if ((c.method == Method::derived) != !c.derived_from.empty())
      f.complain("method", "`derived` needs derived_from, and `measured` must not have it.");
  });
}

}  // namespace

void read_gpus(Fields& f, Draft& d) {
  f.objects(required("gpus", "Accelerators."), d.tables.gpus, [&d](Fields& g, Gpu& out) { read_gpu(g, d, out); });
  f.objects(required("servers", "Servers without their GPUs."), d.tables.servers,
            [&d](Fields& s, Server& out) { read_server(s, d, out); });
}

void read_models(Fields& f, Draft& d) {
  f.objects(required("models", "Open-weight models."), d.tables.models,
            [&d](Fields& m, Model& out) { read_model(m, d, out); });
}

void read_curves(Fields& f, Draft& d) {
  f.objects(required("curves", "Energy and speed over the batch."), d.tables.curves,
            [&d](Fields& c, Curve& out) { read_curve(c, d, out); });
}

}  // namespace trine::catalog
