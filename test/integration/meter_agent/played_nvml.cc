// A libnvidia-ml.so.1 for programs that run on their own: its GPUs are the lines of the file that PLAYED_NVML names,
// read anew at each reading. A line: UUID;MODEL;ENERGY_MJ;POWER_MW;UTILISATION. An energy of "clock" is what the power
// made since the machine started.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

constexpr unsigned kMost = 16;

struct Gpu {
  char uuid[96], model[96], energy[32];
  unsigned power_mw, utilisation;
};
Gpu gpus[kMost];
unsigned count = 0;

void read_file() {
  count = 0;
  const char* path = std::getenv("PLAYED_NVML");
  FILE* file = path != nullptr ? std::fopen(path, "re") : nullptr;
  if (file == nullptr) return;
  char line[256];
  while (count < kMost && std::fgets(line, sizeof line, file) != nullptr) {
    Gpu& g = gpus[count];
    if (std::sscanf(line, "%95[^;];%95[^;];%31[^;];%u;%u", g.uuid, g.model, g.energy, &g.power_mw, &g.utilisation) == 5)
      ++count;
  }
  std::fclose(file);
}

unsigned long long since_start_mj(unsigned power_mw) {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<unsigned long long>((static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9) *
                                         power_mw);
}

int copy(const char* from, char* to, unsigned size) {
  if (std::strlen(from) >= size) return 7;  // NVML_ERROR_INSUFFICIENT_SIZE
  std::strcpy(to, from);
  return 0;
}

Gpu& gpu(void* device) {
  return *static_cast<Gpu*>(device);
}

}  // namespace

extern "C" {

int nvmlInit_v2() {
  return 0;
}
int nvmlShutdown() {
  return 0;
}
const char* nvmlErrorString(int) {
  return "Unknown Error";
}
int nvmlDeviceGetCount_v2(unsigned* n) {
  read_file();
  *n = count;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &gpus[index];
  return 0;
}
int nvmlDeviceGetUUID(void* device, char* text, unsigned size) {
  return copy(gpu(device).uuid, text, size);
}
int nvmlDeviceGetName(void* device, char* text, unsigned size) {
  return copy(gpu(device).model, text, size);
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* mw) {
  *mw = gpu(device).power_mw;
  return 0;
}
int nvmlDeviceGetUtilizationRates(void* device, unsigned rates[2]) {
  rates[0] = gpu(device).utilisation;
  rates[1] = 0;
  return 0;
}
int nvmlDeviceGetMemoryInfo(void*, unsigned long long total_free_used[3]) {
  total_free_used[0] = total_free_used[1] = 80ull << 30;
  total_free_used[2] = 0;
  return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* mj) {
  const Gpu& g = gpu(device);
  *mj = std::strcmp(g.energy, "clock") == 0 ? since_start_mj(g.power_mw) : std::strtoull(g.energy, nullptr, 10);
  return 0;
}

}  // extern "C"
