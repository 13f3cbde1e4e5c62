#include "gateway/files/files_api.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/files/multipart.h"
#include "gateway/limit/limit.h"
#include "gateway/reply.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

using llm::client_error;
using llm::ClientError;
using llm::ErrorCode;

constexpr std::string_view kFiles = "/v1/files";
constexpr std::string_view kContent = "/content";
constexpr size_t kMostField = 4 << 10;                                   // bytes of a field that is no file
constexpr size_t kAroundFile = 64 << 10;                                 // of an upload's body, beside the file
constexpr size_t kFed = 64 << 10;                                        // at once: the reader keeps no more
constexpr size_t kMostFileName = 255;                                    // bytes of a file's name
constexpr int64_t kLeastTtl = 60, kMostTtl = int64_t{3650} * 24 * 3600;  // seconds, where a client says
constexpr std::array<std::string_view, 7> kPurposes = {"assistants", "batch", "fine-tune", "vision",
                                                       "user_data",  "evals", "documents"};

class Upload final : public MultipartSink {
 public:
  explicit Upload(size_t most) : most_(most) {}

  Result<void> begin(const PartHead& head) override {
    into_ = &ignored_;
    most_here_ = kMostField;
    if (head.name == "file") {
      if (std::exchange(has_file_, true)) return fail(Code::invalid_argument, "`file` is there twice: send one file");
      file.name = head.filename.substr(head.filename.find_last_of("/\\") + 1);  // a path is nobody's business
      // As the form encoding of HTML writes a quote.
      for (size_t at = 0; (at = file.name.find("%22", at)) != std::string::npos; ++at) file.name.replace(at, 3, "\"");
      if (file.name.empty() || file.name.size() > kMostFileName)
        return fail(Code::invalid_argument, "`file` needs a `filename` of 1 to {} bytes", kMostFileName);
      into_ = &file.bytes;
      most_here_ = most_;
    } else if (head.name == "purpose") {
      if (std::exchange(has_purpose_, true)) return fail(Code::invalid_argument, "`purpose` is there twice");
      into_ = &file.purpose;
    } else if (head.name == "expires_after[seconds]") {
      into_ = &seconds_;
    }
    ignored_.clear();
    return {};
  }
  Result<void> data(std::string_view bytes) override {
    if (bytes.size() > most_here_ - std::min(most_here_, into_->size()))
      return fail(Code::out_of_range, "{} has over {} bytes", into_ == &file.bytes ? "the file" : "a field",
                  most_here_);
    into_->append(bytes);
    return {};
  }
  Result<void> check() {
    if (!has_file_) return fail(Code::invalid_argument, "`file` is missing");
    if (file.bytes.empty()) return fail(Code::invalid_argument, "`file` is empty");
    if (std::find(kPurposes.begin(), kPurposes.end(), file.purpose) == kPurposes.end())
      return fail(Code::invalid_argument, "`purpose` must be one of {}", fmt::join(kPurposes, ", "));
    if (seconds_.empty()) return {};
    const auto s = parse_int(seconds_);
    if (!s || *s < kLeastTtl || *s > kMostTtl)
      return fail(Code::invalid_argument, "`expires_after[seconds]` must be from {} to {}", kLeastTtl, kMostTtl);
    file.ttl = std::chrono::seconds(*s);
    return {};
  }

  NewFile file;

 private:
  const size_t most_;
  std::string* into_ = nullptr;
  size_t most_here_ = 0;
  std::string seconds_, ignored_;
  bool has_file_ = false, has_purpose_ = false;
};

void file_object(json::Writer& w, const FileAbout& f) {
  w.object()
      .key("id")
      .value(f.id)
      .key("object")
      .value("file")
      .key("bytes")
      .value(f.bytes)
      .key("created_at")
      .value(unix_s(f.created))
      .key("expires_at")
      .value(unix_s(f.expires))
      .key("filename")
      .value(f.name)
      .key("purpose")
      .value(f.purpose)
      .key("status")
      .value("processed")
      .end();
}

std::string file_json(const FileAbout& f) {
  std::string out;
  json::Writer w(out);
  file_object(w, f);
  return out;
}

// A value of the query, as it stands.
std::string_view query_value(std::string_view target, std::string_view name) {
  std::string_view rest = target.substr(std::min(target.find('?'), target.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view one = rest.substr(0, rest.find('&'));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return one.substr(name.size() + 1);
    rest.remove_prefix(one.size());
  }
  return {};
}

// The page of a list that `limit`, `after` and `purpose` ask for.
std::string list_json(std::vector<FileAbout> files, std::string_view target) {
  constexpr int64_t kMostOfPage = 10'000;
  if (const std::string_view purpose = query_value(target, "purpose"); !purpose.empty())
    std::erase_if(files, [&](const FileAbout& f) { return f.purpose != purpose; });
  if (query_value(target, "order") == "asc") std::reverse(files.begin(), files.end());
  auto begin = files.begin();
  if (const std::string_view after = query_value(target, "after"); !after.empty()) {
    begin = std::find_if(files.begin(), files.end(), [&](const FileAbout& f) { return f.id == after; });
    if (begin != files.end()) ++begin;
  }
  const int64_t limit =
      std::clamp<int64_t>(parse_int(query_value(target, "limit")).value_or(kMostOfPage), 1, kMostOfPage);
  const auto end = begin + std::min<int64_t>(limit, files.end() - begin);
  std::string out;
  json::Writer w(out);
  w.object().key("object").value("list").key("data").array();
  for (auto f = begin; f != end; ++f) file_object(w, *f);
  w.end();
  if (begin != end) w.key("first_id").value(begin->id).key("last_id").value((end - 1)->id);
  w.key("has_more").value(end != files.end()).end();
  return out;
}

ClientError vault_error(const Error& e) {
  switch (e.code) {
    case Code::not_found:
      return {ErrorCode::not_found, e.message, {}};
    case Code::out_of_range:
      return {ErrorCode::body_too_large, e.message, "file"};
    case Code::invalid_argument:
      return {ErrorCode::invalid_request, e.message, {}};
    case Code::resource_exhausted:
      return {ErrorCode::conflict, e.message, {}};
    case Code::unavailable:
      return {ErrorCode::rate_limited, e.message, {}};
    default:
      return {ErrorCode::internal, "the vault: " + e.message, {}};
  }
}

ClientError no_file(std::string_view id) {
  return client_error(ErrorCode::not_found, fmt::format("no file `{:.80}`", id));
}

net::Task<void> take_file(Exchange& x) {
  FileStore& store = *x.context.file_store;
  const FilesConfig limits = x.snapshot->config->files;
  const auto place = store.upload();
  if (!place) {
    x.client.close_after();  // what comes next is the body
    co_return co_await refuse(x, client_error(ErrorCode::rate_limited, "others hand in files just now"));
  }
  const auto most = static_cast<size_t>(limits.file);
  const net::BodyError read = co_await x.client.read_body(x.body, most + kAroundFile);
  if (read == net::BodyError::gone) co_return;
  if (read != net::BodyError::none) {
    x.client.close_after();
    const ClientError error =
        read == net::BodyError::too_large
            ? ClientError{ErrorCode::body_too_large, fmt::format("a file may have {} bytes here", most), "file"}
        : read == net::BodyError::bad_chunk ? ClientError{ErrorCode::bad_request_head, "the chunked body is broken", {}}
                                            : ClientError{ErrorCode::request_timeout, {}, {}};
    co_return co_await refuse(x, error);
  }
  if (const auto error = limit(x)) co_return co_await refuse(x, *error);
  x.reservation.finish();
  const std::string type(x.client.head().find("content-type").value_or(std::string_view{}));
  const Wall now = x.context.clock().wall();
  auto work = [&x, &store, &limits, &type, most, now]() -> Result<FileAbout> {
    auto file = read_upload(type, x.body.view(), most);
    if (!file) return tl::unexpected(file.error());
    return store.put(x.tenant, limits, std::move(*file), now);
  };
  const auto about = co_await store.run(x.context.loop, std::move(work));
  if (!about) co_return co_await refuse(x, vault_error(about.error()));
  co_await send_json(x, 200, file_json(*about));
}

net::Task<void> list(Exchange& x) {
  FileStore& store = *x.context.file_store;
  const Wall now = x.context.clock().wall();
  auto work = [&x, &store, now] { return store.list(x.tenant, now); };
  auto files = co_await store.run(x.context.loop, std::move(work));
  if (!files) co_return co_await refuse(x, vault_error(files.error()));
  co_await send_json(x, 200, list_json(std::move(*files), x.client.head().target));
}

net::Task<void> show(Exchange& x, std::string id) {
  FileStore& store = *x.context.file_store;
  const Wall now = x.context.clock().wall();
  auto work = [&x, &store, &id, now] { return store.about(x.tenant, id, now); };
  const auto about = co_await store.run(x.context.loop, std::move(work));
  if (!about) co_return co_await refuse(x, vault_error(about.error()));
  if (!*about) co_return co_await refuse(x, no_file(id));
  co_await send_json(x, 200, file_json(**about));
}

net::Task<void> give(Exchange& x, std::string id) {
  FileStore& store = *x.context.file_store;
  const Wall now = x.context.clock().wall();
  auto work = [&x, &store, &id, now] { return store.read(x.tenant, id, now); };
  const auto file = co_await store.run(x.context.loop, std::move(work));
  if (!file) co_return co_await refuse(x, vault_error(file.error()));
  x.status = 200;
  // Whoever opens it in a browser must not run what a client handed in.
  std::string head = own_head(x, 200, "application/octet-stream");
  head += "content-disposition: attachment\r\nx-content-type-options: nosniff\r\n";
  co_await send_whole(x, std::move(head), file->bytes);
}

net::Task<void> drop(Exchange& x, std::string id) {
  FileStore& store = *x.context.file_store;
  const Wall now = x.context.clock().wall();
  auto work = [&x, &store, &id, now] { return store.drop(x.tenant, id, now); };
  const auto dropped = co_await store.run(x.context.loop, std::move(work));
  if (!dropped) co_return co_await refuse(x, vault_error(dropped.error()));
  if (!*dropped) co_return co_await refuse(x, no_file(id));
  std::string out;
  json::Writer(out).object().key("id").value(id).key("object").value("file").key("deleted").value(true).end();
  co_await send_json(x, 200, out);
}

}  // namespace

Result<NewFile> read_upload(std::string_view content_type, std::string_view body, size_t most_bytes) {
  const auto boundary = multipart_boundary(content_type);
  if (!boundary) return tl::unexpected(boundary.error());
  Upload upload(most_bytes);
  MultipartReader reader(*boundary, upload);
  for (size_t at = 0; at < body.size(); at += kFed)
    if (auto ok = reader.feed(body.substr(at, kFed)); !ok) return tl::unexpected(ok.error());
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  if (auto ok = upload.check(); !ok) return tl::unexpected(ok.error());
  return std::move(upload.file);
}

bool is_files_api(const Exchange& x) {
  const std::string_view path = x.client.head().path();
  return x.context.file_store && (path == kFiles || path.starts_with("/v1/files/"));
}

net::Task<void> serve_files_api(Exchange& x) {
  const std::string_view method = x.client.head().method;
  const std::string_view path = x.client.head().path();
  const bool get = method == "GET" || method == "HEAD";
  if (path == kFiles) {
    if (method == "POST") co_return co_await take_file(x);
    if (get) co_return co_await list(x);
    x.allow = "GET, HEAD, POST";
    co_return co_await refuse(x, client_error(ErrorCode::method_not_allowed));
  }
  std::string id(path.substr(kFiles.size() + 1));
  if (id.ends_with(kContent)) {
    id.resize(id.size() - kContent.size());
    if (get) co_return co_await give(x, std::move(id));
    co_return co_await refuse(x, client_error(ErrorCode::method_not_allowed));
  }
  if (get) co_return co_await show(x, std::move(id));
  if (method == "DELETE") co_return co_await drop(x, std::move(id));
  x.allow = "GET, HEAD, DELETE";
  co_await refuse(x, client_error(ErrorCode::method_not_allowed));
}

}  // namespace trine::gateway
