// trine-docworker: reads a job from descriptor 0, writes its frames to descriptor 1, takes the next, until the other
// side closes. Everything that needs a file is loaded first; then the process locks itself up (sandbox.h).
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>

#include "documents/document_json.h"
#include "documents/frame.h"
#include "docworker/extract.h"
#include "docworker/image.h"
#include "docworker/ocr.h"
#include "docworker/sandbox.h"
#include "json/write.h"

namespace trine::docworker {
namespace {

using documents::Frame;
using documents::FrameReader;
using documents::FrameType;

struct Arguments {
  int64_t memory = 0;
  std::string languages = "eng";
  std::string tessdata = "/usr/share/tesseract-ocr/5/tessdata";
};

// The pipe is closed: nobody is left to answer.
[[noreturn]] void leave() {
  ::_exit(0);
}

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(1, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) leave();
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

void send(FrameType type, std::string_view payload) {
  if (payload.size() > documents::kMaxFrame) stop(Problem::too_much_text, "one page is larger than a frame");
  std::string frame;
  append_frame(frame, type, payload);
  write_all(frame);
}

class Input {
 public:
  // The next frame, waiting for it. Ends the process when the pipe is closed or what comes is no frame.
  Frame next() {
    for (;;) {
      Frame frame;
      const auto status = reader_.next(frame);
      if (status == FrameReader::Status::frame) return frame;
      if (status == FrameReader::Status::broken) ::_exit(2);
      char buffer[1 << 17];
      const ssize_t n = ::read(0, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) leave();
      reader_.feed({buffer, static_cast<size_t>(n)});
    }
  }

 private:
  FrameReader reader_;
};

int64_t cpu_us() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * int64_t{1'000'000} + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

uint64_t most_resident_bytes() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<uint64_t>(u.ru_maxrss) * 1024;
}

void work(const documents::Job& job, std::string_view file, Recogniser* ocr) {
  const int64_t before = cpu_us();
  Budget budget(job.limits);
  std::string json;
  Output out(budget, [&json](const documents::Page& page) {
    json.clear();
    documents::append_page(json, page);
    send(FrameType::page, json);
  });
  if (job.image.width > 0) {
    const SmallerImage image = shrink(file, job, budget);
    out.begin_part(job.name, image.source, file.size());
    std::string payload;
    json::Writer w(payload);
    w.object()
        .key("width")
        .value(image.width)
        .key("height")
        .value(image.height)
        .key("source_width")
        .value(image.source_width);
    w.key("source_height").value(image.source_height).key("media_type").value(image.media_type).end();
    payload += '\n';
    payload += image.bytes;
    send(FrameType::image, payload);
  } else {
    Context context{out, job, ocr};
    extract(file, job.name, context);
  }
  documents::Document end = out.document();
  end.facts.cpu_us = static_cast<uint64_t>(cpu_us() - before);
  send(FrameType::done, documents::end_json(end, most_resident_bytes()));
}

// `last`: what a library left half-built must not meet the next document, so this process ends.
void send_error(Problem problem, std::string_view finding, bool last = false) {
  send(FrameType::error, documents::error_json(documents::refuse(problem, finding).value(), last));
  if (last) ::_exit(0);
}

void serve(Recogniser& ocr) {
  Input input;
  for (;;) {
    const Frame head = input.next();
    uint64_t bytes = 0;
    const auto job = head.type == FrameType::job ? documents::job_of(head.payload, bytes) : Result<documents::Job>();
    if (head.type != FrameType::job || !job) ::_exit(2);
    std::string file;
    bool memory = true;
    uint64_t taken = 0;
    if (bytes > static_cast<uint64_t>(job->limits.input_bytes)) ::_exit(2);  // the pool checks this before it sends
    try {
      file.reserve(bytes);
    } catch (const std::bad_alloc&) {
      memory = false;  // read on and drop it, so that the pipe is at the next job's begin
    }
    while (taken < bytes) {
      const Frame piece = input.next();
      if (piece.type != FrameType::input || piece.payload.size() > bytes - taken) ::_exit(2);
      taken += piece.payload.size();
      if (memory) file += piece.payload;
    }
    try {
      if (!memory) throw std::bad_alloc();
      work(*job, file, &ocr);
    } catch (const Refusal& r) {
      send_error(r.problem, r.finding);
    } catch (const std::bad_alloc&) {
      send_error(Problem::too_much_memory, {}, true);
    } catch (const std::exception&) {
      send_error(Problem::damaged, "its reader cannot make sense of it", true);
    }
  }
}

int run(const Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  prepare_image_libraries();
  Recogniser ocr(arguments.tessdata, arguments.languages);
  const Locks locks = lock_up(arguments.memory);
  std::string hello;
  json::Writer w(hello);
  w.object().key("version").value(1).key("locked").value(locks.whole).key("locks").array();
  for (const auto& held : locks.held) w.value(held);
  w.end().key("languages").array();
  for (const auto& language : ocr.languages()) w.value(language);
  w.end().end();
  send(FrameType::hello, hello);
  serve(ocr);
  return 0;
}

}  // namespace
}  // namespace trine::docworker

int main(int argc, char** argv) {
  trine::docworker::Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string value = argv[i + 1];
    if (option == "--memory") arguments.memory = std::strtoll(value.c_str(), nullptr, 10);
    if (option == "--languages") arguments.languages = value;
    if (option == "--tessdata") arguments.tessdata = value;
  }
  if (::isatty(0) == 1) {
    std::fputs("trine-docworker is started by trine: it speaks frames on a pipe (docs/formats/docworker.md).\n",
               stderr);
    return 2;
  }
  return trine::docworker::run(arguments);
}
