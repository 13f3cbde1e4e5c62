// trine-meter
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "meter_agent/run.h"

namespace {

using namespace trine;
using namespace trine::meter_agent;

void say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
}

int complain(std::string_view text, int exit_code = kFailed) {
  std::fprintf(stderr, "trine-meter: %.*s\n", static_cast<int>(text.size()), text.data());
  return exit_code;
}

int run(const Options& o) {
  if (o.once) {
    const auto text = once(o);
    if (!text) return complain(text.error().message);
    say(*text);
    return kOk;
  }
  const auto served = serve(o, [&](uint16_t port) {
    const bool v6 = o.listen.host.find(':') != std::string::npos;
    say(fmt::format("trine-meter listens on {}://{}{}{}:{}", o.tls_cert.empty() ? "http" : "https", v6 ? "[" : "",
                    o.listen.host, v6 ? "]" : "", port));
    std::fflush(stdout);
  });
  return served ? kOk : complain(served.error().message);
}

int run(int argc, char** argv) {
  const Parsed parsed = parse({argv + 1, argv + argc});
  if (parsed.options) return run(*parsed.options);
  if (!parsed.out.empty()) say(parsed.out);
  return parsed.err.empty() ? parsed.exit_code : complain(parsed.err, parsed.exit_code);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int code = kFailed;
  try {
    code = run(argc, argv);
  } catch (const std::exception& e) {
    complain(e.what());
  }
  // What is still in the buffer may not fit on the disk.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    if (errno != EPIPE) complain(fmt::format("The output could not be written: {}.", std::strerror(errno)));
    return code == kOk ? kFailed : code;
  }
  return code;
}
