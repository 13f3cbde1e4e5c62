#include "gateway/jobs/job_order.h"

#include <algorithm>
#include <functional>

#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "llm/document_parts.h"

namespace trine::gateway {
namespace {

using json::Value;
using llm::ClientError;
using llm::ErrorCode;

constexpr size_t kMostInstructions = 32 << 10;
constexpr size_t kMostJobFileName = 255;
constexpr size_t kMostUser = 256;
constexpr Tokens kLeastWindow = 64, kMostWindow = 1'000'000, kMostAnswer = 1'000'000;

// Reads the members of a body, and keeps the first thing that is wrong with it.
class Reading {
 public:
  explicit Reading(const JobsConfig& limits) : limits_(limits) {}
  JobOrder order;
  std::optional<ClientError> error;

  void body(std::string_view text) {
    const auto document = json::read(text);
    if (!document || !document->is_object())
      return (void)(error = ClientError{
                        ErrorCode::invalid_json, document ? "it is no object" : document.error().message, {}});
    members(*document, "", [&](std::string_view key, const Value& v) {
      if (key == "model") return string(v, "model", order.model, 256);
      if (key == "instructions") return string(v, "instructions", order.instructions, kMostInstructions);
      if (key == "user") return string(v, "user", order.user, kMostUser);
      if (key == "schema") return schema(v);
      if (key == "files") return files(v);
      if (key == "options") return options(v);
      complain(std::string(key), "is no field of a job");
    });
    if (error) return;
    if (order.model.empty()) error = ClientError{ErrorCode::missing_model, {}, "model"};
    if (order.schema.empty()) complain("schema", "is missing: it says what the answer is to be, as JSON Schema");
    if (order.files.empty()) complain("files", "is missing or empty");
  }

 private:
  void complain(std::string field, std::string_view what) {
    if (!error)
      error = ClientError{ErrorCode::invalid_request, fmt::format("`{:.80}` {}", field, what), std::move(field)};
  }

  void members(const Value& v, const std::string& field,
               const std::function<void(std::string_view, const Value&)>& take) {
    if (!v.is_object()) return complain(field, "must be an object");
    const auto read = json::each_member(v.raw, [&](std::string_view key, Value m) {
      take(key, m);
      return !error;
    });
    if (!read) complain(field, read.error().message);
  }

  void string(const Value& v, const std::string& field, std::string& out, size_t most) {
    auto text = v.as_string();
    if (!text) return complain(field, "must be a string");
    if (text->size() > most) return complain(field, fmt::format("is longer than {} bytes", most));
    out = std::move(*text);
  }

  template <class T>
  void whole(const Value& v, const std::string& field, T& out, int64_t least, int64_t most) {
    const auto n = v.as_int();
    if (!n || *n < least || *n > most)
      return complain(field, fmt::format("must be a whole number from {} to {}", least, most));
    out = static_cast<T>(*n);
  }

  void schema(const Value& v) {
    if (!v.is_object()) return complain("schema", "must be an object: the answer's JSON Schema");
    if (const auto parsed = json::Schema::parse(v.raw); !parsed) return complain("schema", parsed.error().message);
    order.schema = v.raw;
  }

  void options(const Value& v) {
    members(v, "options", [&](std::string_view key, const Value& m) {
      if (key == "max_parallel") return whole(m, "options.max_parallel", order.parallel, 1, limits_.parallel);
      if (key == "window") return whole(m, "options.window", order.window, kLeastWindow, kMostWindow);
      if (key == "overlap") return whole(m, "options.overlap", order.overlap, 0, kMostWindow);
      if (key == "max_tokens") return whole(m, "options.max_tokens", order.max_tokens, 1, kMostAnswer);
      if (key == "merge") {
        if (m.raw != R"("files")" && m.raw != R"("all")")
          return complain("options.merge", "must be \"files\" or \"all\"");
        order.merge_all = m.raw == R"("all")";
        return;
      }
      complain(fmt::format("options.{}", key), "is no option of a job");
    });
    const Tokens window = order.window > 0 ? order.window : limits_.window;
    if (order.overlap * 2 >= window) complain("options.overlap", "must be less than half of the window");
  }

  void files(const Value& v) {
    if (!v.is_array()) return complain("files", "must be an array");
    const auto read = json::each_element(v.raw, [&](Value e) {
      if (order.files.size() >= static_cast<size_t>(limits_.files))
        error = ClientError{ErrorCode::over_limit, fmt::format("a job may have {} files", limits_.files), "files"};
      else
        file(e);
      return !error;
    });
    if (!read) complain("files", read.error().message);
  }

  void file(const Value& v) {
    const std::string field = fmt::format("files[{}]", order.files.size());
    JobFile f;
    std::string_view data;
    members(v, field, [&](std::string_view key, const Value& m) {
      if (key == "file_id") return string(m, field + ".file_id", f.id, 128);
      if (key == "filename") return string(m, field + ".filename", f.name, kMostJobFileName);
      if (key == "file_data") {
        if (!m.is_string()) return complain(field + ".file_data", "must be a string");
        data = m.escaped();
        f.own = true;
        return;
      }
      complain(fmt::format("{}.{}", field, key), "is no field of a file");
    });
    if (error) return;
    if (f.own == !f.id.empty()) return complain(field, "needs either `file_id` or `file_data`");
    if (f.own) {
      if (const size_t comma = data.starts_with("data:") ? data.find(',') : data.npos; comma != data.npos) {
        if (!data.substr(0, comma).ends_with(";base64")) return complain(field + ".file_data", "must be base64");
        data.remove_prefix(comma + 1);
      }
      auto plain = json::unescape(data);
      auto bytes = plain ? llm::from_base64(*plain) : std::nullopt;
      if (!bytes || bytes->empty())
        return complain(field + ".file_data", "must be base64 (RFC 4648) of at least a byte");
      f.data = std::move(*bytes);
    }
    order.files.push_back(std::move(f));
  }

  const JobsConfig& limits_;
};

}  // namespace

tl::expected<JobOrder, ClientError> read_job_order(std::string_view body, const JobsConfig& limits) {
  Reading reading(limits);
  reading.body(body);
  if (reading.error) return tl::unexpected(*reading.error);
  JobOrder& o = reading.order;
  if (o.parallel == 0) o.parallel = limits.parallel;
  if (o.window == 0) o.window = limits.window;
  return std::move(o);
}

std::string to_json(const JobOrder& o) {
  std::string out;
  json::Writer w(out);
  w.object().key("model").value(o.model).key("schema").value(o.schema).key("instructions").value(o.instructions);
  w.key("user").value(o.user).key("parallel").value(o.parallel).key("window").value(o.window);
  w.key("overlap").value(o.overlap).key("max_tokens").value(o.max_tokens).key("merge_all").value(o.merge_all);
  w.key("files").array();
  for (const JobFile& f : o.files)
    w.object().key("id").value(f.id).key("name").value(f.name).key("own").value(f.own).end();
  w.end().end();
  return out;
}

Result<JobOrder> job_order_of(std::string_view json) {
  JobOrder o;
  bool good = true;
  const auto text = [&](const Value& v, std::string& out) {
    auto s = v.as_string();
    good = good && s;
    if (s) out = std::move(*s);
  };
  const auto number = [&](const Value& v, auto& out) {
    const auto n = v.as_int();
    good = good && n;
    if (n) out = static_cast<std::remove_reference_t<decltype(out)>>(*n);
  };
  const auto flag = [&](const Value& v, bool& out) {
    const auto b = v.as_bool();
    good = good && b;
    out = b && *b;
  };
  const auto read = json::each_member(json, [&](std::string_view key, Value v) {
    if (key == "model") text(v, o.model);
    if (key == "schema") text(v, o.schema);
    if (key == "instructions") text(v, o.instructions);
    if (key == "user") text(v, o.user);
    if (key == "parallel") number(v, o.parallel);
    if (key == "window") number(v, o.window);
    if (key == "overlap") number(v, o.overlap);
    if (key == "max_tokens") number(v, o.max_tokens);
    if (key == "merge_all") flag(v, o.merge_all);
    if (key != "files") return good;
    good = good && v.is_array() && json::each_element(v.raw, [&](Value e) {
             JobFile f;
             good = good && e.is_object() && json::each_member(e.raw, [&](std::string_view name, Value m) {
                      if (name == "id") text(m, f.id);
                      if (name == "name") text(m, f.name);
                      if (name == "own") flag(m, f.own);
                      return good;
                    });
             o.files.push_back(std::move(f));
             return good;
           });
    return good;
  });
  if (!read || !good || o.parallel < 1 || o.window < 1 || o.files.empty())
    return fail(Code::data_loss, "what the vault has of a job's order is not what was put there");
  return o;
}

}  // namespace trine::gateway
