#include "unit/meter/fake_nvml.h"

#include <cstring>

namespace {

FakeNvml state;

FakeGpu& gpu(void* device) {
  return *static_cast<FakeGpu*>(device);
}

int copy(const char* from, char* to, unsigned size) {
  if (std::strlen(from) >= size) return 7;  // NVML_ERROR_INSUFFICIENT_SIZE
  std::strcpy(to, from);
  return 0;
}

}  // namespace

extern "C" {

FakeNvml* fake_nvml() {
  return &state;
}

int nvmlInit_v2() {
  if (state.init_code != 0) return state.init_code;
  state.running = true;
  ++state.inits;
  return 0;
}
int nvmlShutdown() {
  ++state.shutdowns;
  return 0;
}
const char* nvmlErrorString(int code) {
  switch (code) {
    case 3:
      return "Not Supported";
    case 9:
      return "Driver Not Loaded";
    case 15:
      return "GPU is lost";
    case 18:
      return "Driver/library version mismatch";
    default:
      return "Unknown Error";
  }
}
int nvmlDeviceGetCount_v2(unsigned* n) {
  if (!state.running) return 1;  // NVML_ERROR_UNINITIALIZED
  *n = state.gpus;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &state.gpu[index];
  return state.gpu[index].open_code;
}
int nvmlDeviceGetUUID(void* device, char* text, unsigned size) {
  return copy(gpu(device).uuid, text, size);
}
int nvmlDeviceGetName(void* device, char* text, unsigned size) {
  return copy(gpu(device).name, text, size);
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* mw) {
  *mw = gpu(device).power_mw;
  return gpu(device).power_code;
}
int nvmlDeviceGetUtilizationRates(void* device, unsigned rates[2]) {
  rates[0] = gpu(device).utilisation;
  rates[1] = 0;
  return gpu(device).utilisation_code;
}
int nvmlDeviceGetMemoryInfo(void* device, unsigned long long total_free_used[3]) {
  const FakeGpu& g = gpu(device);
  total_free_used[0] = g.memory_total;
  total_free_used[1] = g.memory_total - g.memory_used;
  total_free_used[2] = g.memory_used;
  return 0;
}
#ifndef FAKE_NVML_WITHOUT_ENERGY
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* mj) {
  *mj = gpu(device).energy_mj;
  return gpu(device).energy_code;
}
int nvmlDeviceGetMigMode(void* device, unsigned* current, unsigned* pending) {
  *current = *pending = gpu(device).mig_mode;
  return 0;
}
#endif

}  // extern "C"
