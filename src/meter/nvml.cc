#include "meter/nvml.h"

#include <dlfcn.h>

#include <array>

#include "meter/scrape.h"

namespace trine::meter {
namespace {

// The parts of nvml.h that are used, as NVIDIA's reference manual gives them: a stable C interface since 2012.
using Device = void*;
struct Utilisation {
  unsigned gpu, memory;  // percent
};
struct Memory {
  unsigned long long total, free, used;  // bytes
};
enum Return : int {
  kSuccess = 0,
  kUninitialized = 1,
  kNotSupported = 3,
  kNoPermission = 4,
  kDriverNotLoaded = 9,
  kVersionMismatch = 18,
};

}  // namespace

struct Nvml::Library {
  void* handle = nullptr;
  bool initialised = false;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error_string)(int) = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*by_index)(unsigned, Device*) = nullptr;
  int (*uuid)(Device, char*, unsigned) = nullptr;
  int (*model)(Device, char*, unsigned) = nullptr;
  int (*power)(Device, unsigned*) = nullptr;
  int (*utilisation)(Device, Utilisation*) = nullptr;
  int (*memory)(Device, Memory*) = nullptr;
  int (*energy)(Device, unsigned long long*) = nullptr;     // absent from drivers before 396
  int (*mig_mode)(Device, unsigned*, unsigned*) = nullptr;  // absent from drivers before 450

  ~Library() {
    if (initialised) shutdown();
    if (handle != nullptr) ::dlclose(handle);
  }

  template <class F>
  bool find(F*& function, const char* symbol) {
    function = reinterpret_cast<F*>(::dlsym(handle, symbol));
    return function != nullptr;
  }

  Result<void> load(const std::string& file) {
    handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* why = ::dlerror();
      return fail(
          Code::not_found,
          "{} could not be loaded ({}): is NVIDIA's driver installed here, and, in a container, is the GPU passed "
          "into it?",
          file, why != nullptr ? why : "no reason was given");
    }
    const bool complete = find(init, "nvmlInit_v2") && find(shutdown, "nvmlShutdown") &&
                          find(error_string, "nvmlErrorString") && find(count, "nvmlDeviceGetCount_v2") &&
                          find(by_index, "nvmlDeviceGetHandleByIndex_v2") && find(uuid, "nvmlDeviceGetUUID") &&
                          find(model, "nvmlDeviceGetName") && find(power, "nvmlDeviceGetPowerUsage") &&
                          find(utilisation, "nvmlDeviceGetUtilizationRates") && find(memory, "nvmlDeviceGetMemoryInfo");
    if (!complete) return fail(Code::unimplemented, "{} is no NVML that this program knows", file);
    find(energy, "nvmlDeviceGetTotalEnergyConsumption");
    find(mig_mode, "nvmlDeviceGetMigMode");
    return {};
  }

  tl::unexpected<Error> failed(const char* doing, int code) const {
    const char* why = error_string(code);
    const Code kind = code == kNoPermission                                  ? Code::permission_denied
                      : code == kDriverNotLoaded || code == kVersionMismatch ? Code::failed_precondition
                                                                             : Code::unavailable;
    const char* help = code == kVersionMismatch   ? " (the driver was updated: restart the host)"
                       : code == kDriverNotLoaded ? " (modprobe nvidia, or install the driver)"
                                                  : "";
    return fail(kind, "NVML could not {}: {}{}", doing, why != nullptr ? why : "unknown error", help);
  }

  Result<unsigned> devices() {
    unsigned n = 0;
    int code = initialised ? count(&n) : kUninitialized;
    if (code == kUninitialized) {  // at first, and after the driver was reloaded
      if (const int e = init(); e != kSuccess) return failed("start", e);
      initialised = true;
      code = count(&n);
    }
    if (code != kSuccess) return failed("count the GPUs", code);
    return n;
  }
};

Nvml::Nvml(const NvmlOptions& options)
    : options_(options), name_("nvml " + options.library), library_(std::make_unique<Library>()) {}
Nvml::~Nvml() = default;

Result<std::unique_ptr<Nvml>> Nvml::open(const NvmlOptions& options) {
  std::unique_ptr<Nvml> nvml(new Nvml(options));
  if (auto loaded = nvml->library_->load(options.library); !loaded) return tl::unexpected(loaded.error());
  const auto devices = nvml->library_->devices();
  if (!devices) return tl::unexpected(devices.error());
  if (*devices == 0) return fail(Code::not_found, "NVML is here but shows no GPU");
  return nvml;
}

bool Nvml::read_device(unsigned index, Readings& out) {
  const Library& lib = *library_;
  Device device = nullptr;
  if (const int e = lib.by_index(index, &device); e != kSuccess) {
    note(out, fmt::format("GPU {}: {}", index, lib.failed("open it", e).value().message));
    return false;
  }
  std::array<char, 96> text{};  // NVML_DEVICE_UUID_V2_BUFFER_SIZE and NVML_DEVICE_NAME_V2_BUFFER_SIZE
  if (const int e = lib.uuid(device, text.data(), text.size() - 1); e != kSuccess) {
    note(out, fmt::format("GPU {}: {}", index, lib.failed("tell its UUID", e).value().message));
    return false;
  }
  DeviceReading r;
  r.device = text.data();
  r.host = options_.host;
  r.gpu_index = std::to_string(index);
  text.fill('\0');
  if (lib.model(device, text.data(), text.size() - 1) == kSuccess) r.model = text.data();

  // The energy call takes milliseconds: the reading is dated at its middle.
  const Wall wall = options_.clock->wall();
  const Mono mono = options_.clock->mono();
  unsigned long long mj = 0;
  const int energy = lib.energy != nullptr ? lib.energy(device, &mj) : kNotSupported;
  const Nanos half = (options_.clock->mono() - mono) / 2;
  r.at = wall + half;
  r.mono = mono.time_since_epoch() + half;
  constexpr unsigned long long kMostMj = 9'000'000'000'000'000;  // what fits 63 bits in µJ
  if (energy == kSuccess && mj <= kMostMj) r.counter_uj = static_cast<int64_t>(mj) * 1000;
  unsigned mw = 0;
  const int power = lib.power(device, &mw);
  if (power == kSuccess) r.power_w = mw / 1000.0;
  if (!r.counter_uj && !r.power_w) {
    note(out, fmt::format("{}: {}", r.device, lib.failed("read its power", power).value().message));
    return false;
  }
  if (!r.counter_uj)
    note(out,
         fmt::format("{} has no energy counter (GPUs before Volta, or an old driver): its energy is integrated from "
                     "power, which is less exact",
                     r.device));
  unsigned mig = 0, pending = 0;
  const bool sliced = lib.mig_mode != nullptr && lib.mig_mode(device, &mig, &pending) == kSuccess && mig == 1;
  Utilisation used{};
  if (!sliced && lib.utilisation(device, &used) == kSuccess && used.gpu <= 100) r.utilisation = used.gpu / 100.0;
  Memory memory{};
  if (options_.memory && lib.memory(device, &memory) == kSuccess && memory.total > 0 && memory.used <= memory.total) {
    r.memory_used = static_cast<double>(memory.used) / static_cast<double>(memory.total);
    r.memory_used_bytes = static_cast<int64_t>(memory.used);
  }
  out.devices.push_back(std::move(r));
  return true;
}

Result<Readings> Nvml::read() {
  const auto devices = library_->devices();
  if (!devices) return tl::unexpected(devices.error());
  Readings out;
  bool any = false;
  for (unsigned i = 0; i < *devices; ++i) any = read_device(i, out) || any;
  if (any) return out;
  return fail(Code::unavailable, "{}", out.notes.empty() ? "NVML shows no GPU any more" : out.notes.front());
}

}  // namespace trine::meter
