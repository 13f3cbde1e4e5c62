// NVIDIA's management library, loaded when it is wanted: no build or start needs it.
#pragma once

#include <memory>
#include <string>

#include "meter/local_source.h"

namespace trine::meter {

struct NvmlOptions {
  std::string library = "libnvidia-ml.so.1";  // comes with the driver
  std::string host;
  bool memory = true;  // each figure is a call into the driver
  const Clock* clock = &system_clock();
};

// One reading per whole GPU: total energy (mJ since the driver was loaded; Volta and later), power (mW; a mean over the
// last second from Ampere on), utilisation (not with MIG), memory. MIG slices have no energy of their own and are not
// read. A GPU that fails is left out with a note; the others go on.
class Nvml final : public LocalMeter {
 public:
  // Errors: not_found (no library, no GPU), failed_precondition (driver not loaded or of another version),
  // permission_denied, unimplemented (not NVML).
  static Result<std::unique_ptr<Nvml>> open(const NvmlOptions& options);
  ~Nvml() override;

  // Errors: unavailable where no GPU could be read.
  Result<Readings> read() override;
  std::string_view name() const override { return name_; }

 private:
  struct Library;
  explicit Nvml(const NvmlOptions& options);
  bool read_device(unsigned index, Readings& out);

  NvmlOptions options_;
  std::string name_;
  std::unique_ptr<Library> library_;
};

}  // namespace trine::meter
