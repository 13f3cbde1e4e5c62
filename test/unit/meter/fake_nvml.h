// A libnvidia-ml.so.1 whose GPUs a test makes up. The library exports `fake_nvml`, which gives its state.
#pragma once

struct FakeGpu {
  const char* uuid = "GPU-0";
  const char* name = "NVIDIA H100 80GB HBM3";
  unsigned long long energy_mj = 0;
  unsigned power_mw = 0;
  unsigned utilisation = 0;  // percent
  unsigned long long memory_total = 0, memory_used = 0;
  unsigned mig_mode = 0;
  int open_code = 0, energy_code = 0, power_code = 0, utilisation_code = 0;  // nvmlReturn_t
};

struct FakeNvml {
  int init_code = 0;
  bool running = false;  // false after the driver was reloaded
  int inits = 0, shutdowns = 0;
  unsigned gpus = 0;
  FakeGpu gpu[4];
};
