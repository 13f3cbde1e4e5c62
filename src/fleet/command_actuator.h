// An actuator that runs a program of the user's for each order (docs/instances.md, "Command").
//
// The program gets the order as JSON on its standard input and the action as its last argument; no shell is between. It
// answers with one JSON object on standard output. Exit status: 0 the answer counts; 64, 65, 77 and 78 (EX_USAGE,
// EX_DATAERR, EX_NOPERM, EX_CONFIG) final, any other, a signal or the time-out: tried again. Of what it
// says on standard error then, the first line is logged (200 bytes, values of passed variables hidden); no event has
// it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fleet/actuator.h"
#include "net/loop.h"

namespace trine::fleet {

struct CommandOptions {
  std::string program;                 // a path
  std::vector<std::string> arguments;  // before the action
  Nanos timeout = std::chrono::seconds(60);
  // The program's whole environment, besides PATH and LANG. Values are treated as secrets.
  std::map<std::string, std::string> environment;
};

// One thread per order that runs; they are waited for when it goes, and their programs ended. failed_precondition: the
// program cannot be run. `loop` outlives it and must be running for `done` to be called.
Result<std::unique_ptr<Actuator>> command_actuator(net::Loop& loop, CommandOptions options);

// What one run came to. For tests, and for command_actuator(). Any thread; blocks.
struct ProgramResult {
  enum class End { exited, signalled, timed_out, too_long } end = End::exited;
  int status = 0;  // exit status or signal
  std::string out, err;
};
struct ProgramRun {
  std::vector<std::string> words;        // the program's path and its arguments
  std::vector<std::string> environment;  // "NAME=value"
  std::string input;
  Nanos timeout{};
  size_t max_out = kMaxReport, max_err = 4096;  // more of `err` is thrown away, more of `out` ends the program
  int cancel_fd = -1;                           // readable: end the program
};
// The time-out ends the program and all of its process group. unavailable: it could not be started.
Result<ProgramResult> run_program(const ProgramRun& run);

}  // namespace trine::fleet
