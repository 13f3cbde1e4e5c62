// A job that is told its steps twice, in another order, or from its log after a crash comes to the same state.
#include "gateway/jobs/job.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gateway/files/multipart.h"

namespace trine::gateway::job_test {
namespace {

constexpr size_t kFiles = 3, kPieces = 4;

JobRecord a_record() {
  JobRecord r;
  r.id = "doc_0123456789abcdef0123456789abcdef";
  r.order.files.resize(kFiles);
  return r;
}

void apply(Job& job, int step) {
  const auto file = static_cast<size_t>(step / 10) % kFiles;
  const int what = step % 10;
  if (what == 0) return job.reading(file, "n");
  if (what == 1) return job.read(file, 1, kPieces, 10);
  if (what == 2) return job.end_file(file, {.good = true, .json = R"({"status":"completed"})", .sum = {.calls = 1}});
  job.piece_done(file, static_cast<size_t>(what) - 3);  // also of pieces that there are not
}

RC_GTEST_PROP(JobState, StepsThatAreToldTwiceCountOnce, ()) {
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 30));
  Job once(a_record(), 1), twice(a_record(), 1);
  for (const int s : steps) {
    apply(once, s);
    apply(twice, s);
    apply(twice, s);
  }
  RC_ASSERT(once.json() == twice.json());
  RC_ASSERT(once.since(0).ids == twice.since(0).ids);
}

RC_GTEST_PROP(JobState, WhoFollowsTheEventsInAnyPortionsSeesEachOnce, ()) {
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 30));
  Job job(a_record(), 7);
  std::vector<std::string> seen;
  std::string last;
  for (const int s : steps) {
    apply(job, s);
    if (s % 3 != 0) continue;
    for (const std::string& id : job.since(job.place_of(last)).ids) seen.push_back(last = id);
  }
  for (const std::string& id : job.since(job.place_of(last)).ids) seen.push_back(id);
  RC_ASSERT(seen == job.since(0).ids);
}

struct Parts final : MultipartSink {
  std::vector<std::string> all;
  Result<void> begin(const PartHead&) override {
    all.emplace_back();
    return {};
  }
  Result<void> data(std::string_view bytes) override {
    all.back().append(bytes);
    return {};
  }
};

RC_GTEST_PROP(MultipartForm, WhatWasWrittenIsReadWhateverThePieces, ()) {
  auto contents = *rc::gen::container<std::vector<std::string>>(rc::gen::string<std::string>());
  RC_PRE(!contents.empty() && contents.size() <= 16);
  std::string body;
  for (const std::string& c : contents)
    body += "--BOUNDARY-7\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + c + "\r\n";
  body += "--BOUNDARY-7--";
  const auto step = *rc::gen::inRange<size_t>(1, body.size() + 1);
  Parts parts;
  MultipartReader reader("BOUNDARY-7", parts);
  for (size_t at = 0; at < body.size(); at += step) RC_ASSERT(reader.feed(std::string_view(body).substr(at, step)));
  RC_ASSERT(reader.finish());
  RC_ASSERT(parts.all == contents);
}

}  // namespace
}  // namespace trine::gateway::job_test
