// Runs the real program: to its end, or in the background with its first line read.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

extern char** environ;

namespace trine::cli::testing {

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) == 0) read = fds[0], write = fds[1];
  }
  ~Pipe() { close_both(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write() {
    if (write >= 0) ::close(std::exchange(write, -1));
  }
  void close_both() {
    close_write();
    if (read >= 0) ::close(std::exchange(read, -1));
  }
};

// `folder`: where it runs; empty: here.
inline pid_t spawn_trine(const std::vector<std::string>& words, int out, int err, const std::string& folder = {}) {
  std::vector<std::string> all = {TRINE_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (auto& w : all) argv.push_back(w.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0) << argv[0];
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

// Its exit status; -signal where one ended it.
inline int status_of(pid_t pid) {
  int status = 0;
  if (pid <= 0 || ::waitpid(pid, &status, 0) != pid) return -1000;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct Ran {
  int status = -1000;
  std::string out, err;
};

inline Ran run_trine(const std::vector<std::string>& words, const std::string& folder = {}) {
  Pipe out, err;
  const pid_t pid = spawn_trine(words, out.write, err.write, folder);
  out.close_write();
  err.close_write();
  Ran ran;
  std::array<pollfd, 2> fds = {pollfd{out.read, POLLIN, 0}, pollfd{err.read, POLLIN, 0}};
  std::array<std::string*, 2> into = {&ran.out, &ran.err};
  for (size_t open = 2; open > 0;) {
    if (::poll(fds.data(), fds.size(), -1) < 0) break;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents == 0) continue;
      std::array<char, 4096> buffer;
      const ssize_t n = ::read(fds[i].fd, buffer.data(), buffer.size());
      if (n > 0) {
        into[i]->append(buffer.data(), static_cast<size_t>(n));
      } else {
        fds[i].fd = -1;
        --open;
      }
    }
  }
  ran.status = status_of(pid);
  return ran;
}

// In the background; ended with SIGTERM at the latest when the object goes.
class Background {
 public:
  explicit Background(const std::vector<std::string>& words) : pid_(spawn_trine(words, out_.write, STDERR_FILENO)) {
    out_.close_write();
  }
  ~Background() { end(SIGKILL); }
  // Up to the line's end, or what came before the program closed its output.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(out_.read, &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
  int end(int signal) {
    if (pid_ <= 0) return -1000;
    ::kill(pid_, signal);
    return status_of(std::exchange(pid_, -1));
  }

 private:
  Pipe out_;
  pid_t pid_;
};

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-cli-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace trine::cli::testing
