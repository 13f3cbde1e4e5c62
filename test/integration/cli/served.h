// `trine serve` in the background, and clients that stream through it.
#pragma once

#include <chrono>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "integration/cli/ask.h"
#include "integration/cli/program.h"

namespace trine::cli::testing {

using Json = nlohmann::json;

inline constexpr int kClients = 64;

inline int port_behind(const std::string& line, const std::string& scheme) {
  const size_t at = line.find(scheme);
  return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + scheme.size());
}

inline constexpr std::string_view kHello = "Hello there";

// A whole answer; `first` when its first byte is here, `usage`: with its usage chunk.
inline std::string chat(int port, const std::string& key, int64_t tokens, const std::function<void()>& first = {},
                        bool usage = false) {
  const std::string body =
      Json{{"model", "m"},         {"stream", true},     {"stream_options", {{"include_usage", usage}}},
           {"max_tokens", tokens}, {"ignore_eos", true}, {"messages", {{{"role", "user"}, {"content", kHello}}}}}
          .dump();
  return ask(port,
             "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer " + key +
                 "\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
                 body,
             first);
}

inline bool is(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status));
}

// The number behind the last `before`; NaN where there is none.
inline double number_behind(const std::string& text, const std::string& before) {
  const size_t at = text.rfind(before);
  return at == std::string::npos ? std::nan("") : std::strtod(text.c_str() + at + before.size(), nullptr);
}

// `trine serve`, with the ports that it says on standard error.
class Served {
 public:
  explicit Served(const std::string& config) : pid_(spawn_trine({"serve", "-c", config}, STDERR_FILENO, err_.write)) {
    err_.close_write();
    EXPECT_TRUE(wait_for("ready: ")) << last_;
    traffic = port_behind(last_, "http://127.0.0.1:");
    admin = port_behind(last_, "(traffic), http://127.0.0.1:");
  }
  ~Served() { end(SIGKILL); }
  // Until a line of its log holds `text`, for a minute at most. False: it has ended, or says nothing of the kind.
  bool wait_for(const std::string& text) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (last_.clear();;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(patience - std::chrono::steady_clock::now());
      pollfd fd{err_.read, POLLIN, 0};
      char c = 0;
      if (left.count() <= 0 || ::poll(&fd, 1, static_cast<int>(left.count())) <= 0 || ::read(err_.read, &c, 1) != 1)
        return false;
      if (c != '\n') {
        last_ += c;
        continue;
      }
      log += last_ + "\n";
      if (last_.find(text) != std::string::npos) return true;
      last_.clear();
    }
  }
  void signal(int s) const { ::kill(pid_, s); }
  int end(int s) {
    if (pid_ <= 0) return -1000;
    ::kill(pid_, s);
    return status_of(std::exchange(pid_, -1));
  }
  double metric(const std::string& series) const {
    return number_behind(ask(admin, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
                         "\n" + series + " ");
  }
  int traffic = 0, admin = 0;
  std::string log;  // the lines so far

 private:
  Pipe err_;
  pid_t pid_;
  std::string last_;
};

}  // namespace trine::cli::testing
