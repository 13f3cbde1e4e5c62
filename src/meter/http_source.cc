#include "meter/http_source.h"

#include <algorithm>
#include <array>

#include "meter/dcgm.h"
#include "meter/engine_sim.h"
#include "meter/engines.h"
#include "meter/hosts.h"
#include "meter/http_access.h"

namespace trine::meter {
namespace {

struct SourceRow {
  HttpKind kind;
  std::string_view name;
  Result<Readings> (*read)(const Scrape&);
};

constexpr std::array kRows = {
    SourceRow{HttpKind::engine_sim, "engine-sim", read_engine_sim},
    SourceRow{HttpKind::vllm, "vllm", read_vllm},
    SourceRow{HttpKind::sglang, "sglang", read_sglang},
    SourceRow{HttpKind::llama_cpp, "llama.cpp", read_llama_cpp},
    SourceRow{HttpKind::dcgm, "dcgm", read_dcgm},
    SourceRow{HttpKind::kepler, "kepler", read_kepler},
    SourceRow{HttpKind::scaphandre, "scaphandre", read_scaphandre},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kRows.size()> names;
  for (size_t i = 0; i < kRows.size(); ++i) names[i] = kRows[i].name;
  return names;
}();

const SourceRow& row_of(HttpKind kind) {
  return *std::find_if(kRows.begin(), kRows.end(), [&](const SourceRow& r) { return r.kind == kind; });
}

class HttpSource final : public Source {
 public:
  HttpSource(const SourceRow& row, std::unique_ptr<internal::HttpGetter> getter, std::string host)
      : row_(row), getter_(std::move(getter)), host_(std::move(host)) {
    name_ = fmt::format("{} {}", row_.name, getter_->place());
  }

  net::Task<Result<Readings>> read() override {
    std::string accept = "text/plain;version=0.0.4";
    auto page = co_await getter_->get({}, std::move(accept));
    if (!page) co_return tl::unexpected(page.error());
    if (auto ok = getter_->check(*page); !ok) co_return tl::unexpected(ok.error());
    Scrape scrape;
    scrape.text = page->response.body;
    scrape.format = text_format(page->response.find("content-type").value_or(""));
    scrape.at = page->at;
    scrape.mono = page->mono;
    scrape.host = host_;
    auto readings = row_.read(scrape);
    if (!readings) co_return fail(readings.error().code, "{}: {}", getter_->place(), readings.error().message);
    co_return std::move(*readings);
  }

  std::string_view name() const override { return name_; }

 private:
  const SourceRow& row_;
  std::unique_ptr<internal::HttpGetter> getter_;
  std::string host_;
  std::string name_;
};

}  // namespace

std::string_view name(HttpKind kind) {
  return row_of(kind).name;
}

std::optional<HttpKind> http_kind(std::string_view text) {
  for (const SourceRow& r : kRows)
    if (r.name == text) return r.kind;
  return std::nullopt;
}

std::span<const std::string_view> http_kind_names() {
  return kNames;
}

Result<std::unique_ptr<Source>> http_source(net::Loop& loop, HttpKind kind, const HttpAccess& access,
                                            std::string host) {
  auto getter = internal::HttpGetter::open(loop, access, "/metrics");
  if (!getter) return tl::unexpected(getter.error());
  return std::make_unique<HttpSource>(row_of(kind), std::move(*getter), std::move(host));
}

}  // namespace trine::meter
