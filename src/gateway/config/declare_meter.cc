// The shape of `meters` in the configuration file.
#include "base/text.h"
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"
#include "meter/prometheus_query.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;
using yaml::Fields;
using yaml::required;

void declare_query(Fields& f, MeterQueryConfig& q) {
  f.text(required("promql", "An instant vector; a counter itself, without rate() or increase()."), q.promql);
  std::vector<std::pair<std::string_view, std::string>> words;
  for (const std::string_view word : meter::quantity_names()) words.emplace_back(word, word);
  f.choice({"quantity", "What its value is."}, q.quantity, words);
  f.text({"device_label", "Label whose value names the device, such as UUID."}, q.device_label);
  f.text({"device", "Or the device's name, where the query has one value."}, q.device);
  f.boolean({"host", "The energy of a server, not of a GPU."}, q.host);
  f.check([&f, &q] {
    if (q.device_label.empty() == q.device.empty())
      f.complain(f.where(), "meters.queries: give either device_label or device.");
  });
}

void check_meter(Fields& f, const MeterConfig& m) {
  const bool local = m.kind == MeterKind::nvml || m.kind == MeterKind::rapl;
  if (local && m.url)
    f.complain("url", fmt::format("{} reads this machine; for another one use trine-meter there.", name(m.kind)));
  if (!local && !m.url) f.complain(f.where(), fmt::format("meters: \"{}\" ({}) needs a url.", m.name, name(m.kind)));
  if ((m.kind == MeterKind::prometheus) != !m.queries.empty())
    f.complain(m.queries.empty() ? f.where() : f.where("queries"),
               m.queries.empty() ? "meters: prometheus needs queries." : "queries are for kind: prometheus only.");
  if (m.client_cert.empty() != m.client_key.empty())
    f.complain(m.client_cert.empty() ? "client_key" : "client_cert", "client_cert and client_key belong together.");
  for (const auto key : {"client_cert", "ca", "server_name", "tls_verify"})
    if (m.url && !m.url->tls && f.has(key)) f.complain(key, "is for https, but the url is http.");
}

}  // namespace

void declare_meter(Fields& f, MeterConfig& m, Draft::MeterMarks& marks) {
  name_field(f, required("name", "Its name in deployments, logs and metrics."), m.name);
  std::vector<std::pair<std::string_view, MeterKind>> kinds;
  for (int i = 0; i <= static_cast<int>(MeterKind::engine_sim); ++i)
    kinds.emplace_back(name(static_cast<MeterKind>(i)), static_cast<MeterKind>(i));
  f.choice(required("kind", "What it is (docs/meters.md)."), m.kind, kinds);
  url_field(f,
            {"url",
             "Where it is read; where no path is given /metrics, of trine-meter /v1/readings. None for nvml and rapl."},
            m.url);
  f.secret({"bearer_token", "Sent to it as `Authorization: Bearer`."}, m.bearer_token);
  f.text({"ca", "PEM file of the authority that signed its certificate."}, m.ca);
  f.text({"client_cert", "PEM file of our certificate (mTLS)."}, m.client_cert);
  f.text({"client_key", "PEM file of its key."}, m.client_key);
  f.text({"server_name", "Name to expect in its certificate; default: the host of the URL."}, m.server_name);
  f.boolean({"tls_verify", "Check its certificate; false is for tests only."}, m.tls_verify);
  label_field(f, {"host", "Name of the server, where the meter does not say it."}, m.host);
  f.duration({"every", "How often it is read. Exporters refresh slower than they answer: read them at their own step."},
             m.every, 100ms, 5min);
  f.objects({"queries", "For prometheus: what to ask."}, m.queries, declare_query);
  f.check([&f, &m] { check_meter(f, m); });
  marks.name = f.where("name");
}

}  // namespace trine::gateway
