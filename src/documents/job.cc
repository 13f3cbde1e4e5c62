#include "documents/job.h"

#include <array>
#include <utility>

#include "json/read.h"
#include "json/write.h"

namespace trine::documents {
namespace {

constexpr std::array<const char*, 3> kOcr = {"off", "missing", "all"};

constexpr std::pair<const char*, int64_t Limits::*> kLimits[] = {
    {"input_bytes", &Limits::input_bytes},
    {"pages", &Limits::pages},
    {"ocr_pages", &Limits::ocr_pages},
    {"pixels", &Limits::pixels},
    {"unpacked_bytes", &Limits::unpacked_bytes},
    {"ratio", &Limits::ratio},
    {"depth", &Limits::depth},
    {"attachment_depth", &Limits::attachment_depth},
    {"objects", &Limits::objects},
    {"text_bytes", &Limits::text_bytes},
    {"cpu_s", &Limits::cpu_s},
    {"wall_ms", &Limits::wall_ms},
};
constexpr std::pair<const char*, int64_t ImageTarget::*> kImage[] = {
    {"width", &ImageTarget::width},
    {"height", &ImageTarget::height},
    {"quality", &ImageTarget::quality},
};

template <class T, size_t N>
Result<void> read_numbers(std::string_view json, T& out, const std::pair<const char*, int64_t T::*> (&fields)[N]) {
  Error wrong;
  const auto walked = json::each_member(json, [&](std::string_view key, json::Value value) {
    for (const auto& [name, field] : fields) {
      if (key != name) continue;
      const auto number = value.as_int();
      if (!number || *number < 0) break;
      out.*field = *number;
      return true;
    }
    wrong = {Code::invalid_argument, fmt::format("the job's member '{}' is unknown or no whole number", key)};
    return false;
  });
  if (!wrong.message.empty()) return tl::unexpected(wrong);
  return walked;
}

// False: the value is of another kind.
template <class T, class U>
bool take(Result<T> value, U& out) {
  if (value) out = std::move(*value);
  return value.has_value();
}

}  // namespace

std::string to_json(const Job& job, uint64_t bytes) {
  std::string out;
  json::Writer w(out);
  w.object().key("bytes").value(bytes).key("name").value(job.name).key("ocr").value(
      kOcr.at(static_cast<size_t>(job.ocr)));
  w.key("languages").value(job.languages).key("dpi").value(job.dpi).key("attachments").value(job.attachments);
  w.key("image").object();
  for (const auto& [name, field] : kImage) w.key(name).value(job.image.*field);
  w.end().key("limits").object();
  for (const auto& [name, field] : kLimits) w.key(name).value(job.limits.*field);
  w.end().end();
  return out;
}

Result<Job> job_of(std::string_view json, uint64_t& bytes) {
  Job job;
  Error wrong;
  bool has_bytes = false;
  const auto walked = json::each_member(json, [&](std::string_view key, json::Value value) {
    bool good = false;
    int64_t number = -1;
    std::string word;
    if (key == "bytes") {
      good = has_bytes = take(value.as_int(), number) && number >= 0;
      bytes = static_cast<uint64_t>(number);
    } else if (key == "name") {
      good = take(value.as_string(), job.name);
    } else if (key == "languages") {
      good = take(value.as_string(), job.languages);
    } else if (key == "dpi") {
      good = take(value.as_int(), job.dpi) && job.dpi >= 50 && job.dpi <= 600;
    } else if (key == "attachments") {
      good = take(value.as_bool(), job.attachments);
    } else if (key == "ocr" && take(value.as_string(), word)) {
      for (size_t i = 0; i < kOcr.size(); ++i)
        if (word == kOcr[i]) good = true, job.ocr = static_cast<Ocr>(i);
    } else if (key == "image" || key == "limits") {
      const auto read =
          key == "image" ? read_numbers(value.raw, job.image, kImage) : read_numbers(value.raw, job.limits, kLimits);
      good = read.has_value();
    }
    if (!good)
      wrong = {Code::invalid_argument, fmt::format("the job's member '{}' is unknown or of a wrong kind", key)};
    return good;
  });
  if (!wrong.message.empty()) return tl::unexpected(wrong);
  if (!walked) return tl::unexpected(walked.error());
  if (!has_bytes) return fail(Code::invalid_argument, "the job does not say how many bytes follow");
  return job;
}

}  // namespace trine::documents
