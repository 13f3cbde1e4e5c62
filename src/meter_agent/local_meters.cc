#include "meter_agent/local_meters.h"

#include "meter/nvml.h"
#include "meter/rapl.h"

namespace trine::meter_agent {
namespace {

class OpenedWhenRead final : public meter::LocalMeter {
 public:
  using Open = std::function<Result<std::unique_ptr<meter::LocalMeter>>()>;
  OpenedWhenRead(std::string name, Open open, const Clock& clock, Nanos again)
      : name_(std::move(name)), open_(std::move(open)), clock_(clock), again_(again) {}

  Result<meter::Readings> read() override {
    if (!meter_) {
      const Mono now = clock_.mono();
      if (tried_ && now - *tried_ < again_) return tl::unexpected(error_);
      tried_ = now;
      auto opened = open_();
      if (!opened) {
        error_ = opened.error();
        return tl::unexpected(error_);
      }
      meter_ = std::move(*opened);
    }
    return meter_->read();
  }
  std::string_view name() const override { return name_; }

 private:
  std::string name_;
  Open open_;
  const Clock& clock_;
  Nanos again_;
  std::optional<Mono> tried_;
  Error error_;
  std::unique_ptr<meter::LocalMeter> meter_;
};

}  // namespace

std::unique_ptr<meter::LocalMeter> opened_when_read(std::string name,
                                                    std::function<Result<std::unique_ptr<meter::LocalMeter>>()> open,
                                                    const Clock& clock, Nanos again) {
  return std::make_unique<OpenedWhenRead>(std::move(name), std::move(open), clock, again);
}

std::vector<std::unique_ptr<meter::LocalMeter>> local_meters(const std::string& nvml, const std::string& rapl,
                                                             const std::string& host) {
  using Opened = Result<std::unique_ptr<meter::LocalMeter>>;
  std::vector<std::unique_ptr<meter::LocalMeter>> meters;
  if (!nvml.empty()) {
    meter::NvmlOptions options;
    options.library = nvml;
    options.host = host;
    options.memory = false;
    meters.push_back(opened_when_read("nvml", [options]() -> Opened { return meter::Nvml::open(options); }));
  }
  if (!rapl.empty()) {
    meter::RaplOptions options;
    options.root = rapl;
    options.host = host;
    meters.push_back(opened_when_read("rapl", [options]() -> Opened { return meter::Rapl::open(options); }));
  }
  return meters;
}

}  // namespace trine::meter_agent
