#include "gateway/documents/documents.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

#include "base/log.h"
#include "base/text.h"
#include "documents/image_head.h"
#include "documents/image_size.h"
#include "gateway/documents/wording.h"
#include "gateway/egress/egress.h"
#include "json/splice.h"
#include "json/write.h"
#include "llm/document_parts.h"

namespace trine::gateway {
namespace {

using documents::DocumentError;
using documents::Problem;
using llm::ClientError;
using llm::DocumentPart;
using llm::ErrorCode;
using Kind = DocumentPart::Kind;
using Source = DocumentPart::Source;

// More than this is not decoded on the worker's thread.
constexpr size_t kDecodedHere = 64 << 10;
// The picture of a page that has no text, as a client would have sent it: A4 at 150 dpi.
constexpr int64_t kPageWidth = 1240, kPageHeight = 1754;
constexpr int64_t kQuality = 85;

documents::Tiler tiler_of(TilerKind kind) {
  switch (kind) {
    case TilerKind::openai:
      return documents::openai_tiler();
    case TilerKind::qwen:
      return documents::qwen_tiler();
    case TilerKind::anthropic:
      return documents::anthropic_tiler();
  }
  return documents::openai_tiler();
}

// These take no files, whatever model they serve.
bool takes_no_files(EngineKind engine) {
  return engine != EngineKind::openai && engine != EngineKind::mistral && engine != EngineKind::other;
}

ClientError unreadable(const DocumentPart& part, std::string_view why) {
  while (why.ends_with('.')) why.remove_suffix(1);
  return {ErrorCode::document_unreadable, fmt::format("`{}`: {}", part.place, why), part.place};
}

// Its own, or the end of its URL's path.
std::string name_of(const DocumentPart& part) {
  if (!part.name.empty() || part.source != Source::url) return part.name;
  const std::string_view path = std::string_view(part.text).substr(0, part.text.find_first_of("?#"));
  return std::string(path.substr(path.rfind('/') + 1));
}

// What stands for its contents: two parts that have it in common are one file.
std::string_view says_of(const DocumentPart& part) {
  return part.source == Source::data ? part.data : std::string_view(part.text);
}

// One request's documents.
class DocumentStage {
 public:
  explicit DocumentStage(Exchange& x)
      : x_(x),
        steps_(x.route->documents),
        limits_(x.snapshot->config->documents.limits),
        tiler_(tiler_of(steps_.tiler)) {}

  net::Task<std::optional<ClientError>> run();

 private:
  using Outcome = std::optional<ClientError>;
  bool concerns(const DocumentPart& part) const {
    return part.kind == Kind::file ? steps_.extract : steps_.images != ImageStep::keep;
  }
  const llm::RequestUrl* url_of(const DocumentPart& part) const;
  Outcome prepare_to_fetch();
  net::Task<tl::expected<std::string, ClientError>> contents(const DocumentPart& part);
  net::Task<Outcome> read(const DocumentPart& part);
  net::Task<Outcome> read_picture(const DocumentPart& part, std::string bytes);
  net::Task<Outcome> read_file(const DocumentPart& part, std::string bytes);
  bool points_to_first(const DocumentPart& part);
  net::Task<ReadResult> ask(const DocumentPart& part, std::string bytes, documents::ImageTarget target);
  ClientError refusal(const DocumentPart& part, const DocumentError& error);
  Outcome take_text(const DocumentPart& part, const ReadDocument& document, std::string_view name);
  void spare(const char* step, Tokens in);
  Outcome rebuild();

  struct Replacement {
    std::string_view raw;
    std::string json;
    bool document = false;  // its text comes from a file
  };
  struct First {
    std::string name, place;
    Tokens tokens = 0;
  };

  Exchange& x_;
  const DocumentStepsConfig& steps_;
  const documents::Limits& limits_;
  const documents::Tiler tiler_;
  std::vector<DocumentPart> parts_;
  std::optional<UrlFetcher> fetcher_;  // where some are URLs
  std::vector<Replacement> replacements_;
  std::map<std::string_view, First> seen_;  // files by what stands for their contents: base64, URL or id
  std::vector<Spared> spared_;
  Tokens tokens_ = 0;  // of all texts
};

net::Task<std::optional<ClientError>> DocumentStage::run() {
  auto parts = llm::find_document_parts(x_.endpoint, x_.body.view());
  if (!parts) co_return ClientError{ErrorCode::invalid_request, parts.error().message, {}};
  parts_ = std::move(*parts);
  std::erase_if(parts_, [this](const DocumentPart& p) { return !concerns(p); });
  // Who is to fetch a picture in our place sees it as it is. So does who knows the id of one.
  const bool fetches = x_.snapshot->config->egress.fetch;
  std::erase_if(parts_, [fetches](const DocumentPart& p) {
    return p.kind == Kind::image && p.source != Source::data && !(p.source == Source::url && fetches);
  });
  if (parts_.empty()) co_return std::nullopt;
  if (!x_.context.documents || !x_.context.documents->reads()) {
    // A picture that stays as large as it is does no harm.
    const bool needed = steps_.images == ImageStep::ocr ||
                        std::any_of(parts_.begin(), parts_.end(), [](const auto& p) { return p.kind == Kind::file; });
    if (needed) co_return ClientError{ErrorCode::documents_missing, {}, parts_.front().place};
    co_return std::nullopt;
  }
  x_.client.watch([&x = x_] {
    x.client_gone = true;
    if (x.leave_room) x.leave_room();
  });
  if (auto error = prepare_to_fetch()) co_return error;
  for (const DocumentPart& part : parts_) {
    if (x_.client_gone) co_return std::nullopt;
    if (auto error = co_await read(part)) co_return x_.client_gone ? std::nullopt : error;
  }
  co_return rebuild();
}

const llm::RequestUrl* DocumentStage::url_of(const DocumentPart& part) const {
  for (const llm::RequestUrl& u : x_.scan.urls)
    if (u.raw.data() == part.value.data()) return &u;
  return nullptr;
}

std::optional<ClientError> DocumentStage::prepare_to_fetch() {
  bool any = false;
  for (const DocumentPart& part : parts_) {
    if (part.source != Source::url) continue;
    // The scan knows every URL that is http or https; one of another kind it has refused.
    if (!url_of(part)) return unreadable(part, "its URL is none");
    if (!x_.snapshot->config->egress.fetch)
      return unreadable(part, "files at URLs are not fetched here (`egress.fetch`); send its contents as `file_data`");
    any = true;
  }
  if (!any) return {};
  if (auto error = UrlFetcher::refusal_of_any(x_)) return error;
  fetcher_.emplace(x_);
  return {};
}

void DocumentStage::spare(const char* step, Tokens in) {
  for (Spared& s : spared_)
    if (std::string_view(s.step) == step) {
      s.in += in;
      return;
    }
  spared_.push_back({.step = step, .in = in, .out = 0, .figures = {}});
}

net::Task<tl::expected<std::string, ClientError>> DocumentStage::contents(const DocumentPart& part) {
  switch (part.source) {
    case Source::data: {
      std::optional<std::string> bytes;
      if (part.data.size() > kDecodedHere && x_.context.executor) {
        auto decode = [&part] { return llm::decode(part); };
        auto decoded = co_await x_.context.executor->run(x_.context.loop, std::move(decode));
        bytes = decoded ? std::move(*decoded) : llm::decode(part);
      } else {
        bytes = llm::decode(part);
      }
      if (!bytes)
        co_return tl::unexpected(unreadable(part, "its contents are no base64; send them as RFC 4648 has it"));
      co_return std::move(*bytes);
    }
    case Source::id: {
      if (!x_.context.files)
        co_return tl::unexpected(unreadable(part, "no files are kept here; send its contents as `file_data`"));
      auto file = co_await x_.context.files->read(x_, part.text);
      if (!file) co_return tl::unexpected(unreadable(part, file.error().message));
      co_return std::move(file->bytes);
    }
    case Source::url:
      co_return co_await fetcher_->fetch(*url_of(part), "*/*");
    case Source::none:
      break;
  }
  co_return tl::unexpected(unreadable(part, "it has no contents; send them as base64 in `file_data`"));
}

net::Task<std::optional<ClientError>> DocumentStage::read(const DocumentPart& part) {
  if (part.kind == Kind::file && points_to_first(part)) co_return std::nullopt;
  auto bytes = co_await contents(part);
  if (!bytes) co_return bytes.error();
  if (part.kind == Kind::image) {
    // Fetched once: what stays as it is goes on as it came.
    std::string as_it_came = part.source == Source::url ? *bytes : std::string();
    const size_t before = replacements_.size();
    if (auto error = co_await read_picture(part, std::move(*bytes))) co_return error;
    if (part.source != Source::url || replacements_.size() > before) co_return std::nullopt;
    auto text = image_data_url(*url_of(part), as_it_came);
    if (!text) co_return text.error();
    replacements_.push_back({part.value, std::move(*text)});
    co_return std::nullopt;
  }
  co_return co_await read_file(part, std::move(*bytes));
}

net::Task<ReadResult> DocumentStage::ask(const DocumentPart& part, std::string bytes, documents::ImageTarget target) {
  ReadOrder order;
  order.bytes = std::move(bytes);
  order.job.name = name_of(part);
  order.job.ocr = part.kind == Kind::image ? documents::Ocr::missing : steps_.ocr;
  order.job.languages = x_.context.documents->languages();
  order.job.image = target;
  order.job.limits = limits_;
  if (steps_.max_pages > 0) order.job.limits.pages = std::min(order.job.limits.pages, steps_.max_pages);
  order.reduce = {.repeats = steps_.repeats, .duplicates = steps_.duplicates, .boilerplate = steps_.boilerplate};
  order.whose = x_.prefix_salt;
  co_return co_await x_.context.documents->read(x_.context.loop, std::move(order), x_.must_end - x_.now(),
                                                x_.leave_room);
}

ClientError DocumentStage::refusal(const DocumentPart& part, const DocumentError& error) {
  if (error.problem == Problem::crashed) log::warning("{}: {}: {}", x_.id_view(), part.place, error.message);
  if (documents::is_documents(error.problem)) return unreadable(part, error.message);
  if (error.problem == Problem::busy) return {ErrorCode::documents_busy, {}, {}};
  return {ErrorCode::internal, "the document worker does not start", {}};
}

net::Task<std::optional<ClientError>> DocumentStage::read_picture(const DocumentPart& part, std::string bytes) {
  const auto head = documents::image_head(bytes);
  if (!head) co_return std::nullopt;  // of a kind that the model may know
  const Tokens before = documents::image_tokens(tiler_, head->width, head->height);
  if (steps_.images == ImageStep::ocr) {
    const auto read = co_await ask(part, bytes, {});
    if (!read) co_return refusal(part, read.error());
    // A photograph has no text: it stays a picture.
    if ((*read)->ocr_tokens > 0) {
      spare("documents.ocr", before - (*read)->ocr_tokens);
      co_return take_text(part, **read, part.name.empty() ? "picture" : std::string_view(part.name));
    }
  }
  if (part.detail == "low") co_return std::nullopt;  // costs the least already
  const auto target = documents::shrink_for(tiler_, head->width, head->height, steps_.image_tokens);
  if (!target.worth_it) co_return std::nullopt;
  const auto read = co_await ask(part, std::move(bytes), {target.width, target.height, kQuality});
  if (!read) {
    // The model may know a kind better than we do, and a picture that stays as large as it is does no harm.
    const Problem problem = read.error().problem;
    if (problem == Problem::unsupported || !documents::is_documents(problem)) co_return std::nullopt;
    co_return refusal(part, read.error());
  }
  if (!(*read)->image) co_return std::nullopt;
  const documents::ImageFile& image = *(*read)->image;
  spare("documents.images", before - documents::image_tokens(tiler_, image.width, image.height));
  replacements_.push_back({part.value, fmt::format("\"data:{};base64,{}\"", image.media_type, base64(image.bytes))});
  co_return std::nullopt;
}

net::Task<std::optional<ClientError>> DocumentStage::read_file(const DocumentPart& part, std::string bytes) {
  const std::string name = name_of(part);
  const auto head = documents::image_head(bytes);
  const auto read = co_await ask(part, std::move(bytes), {});
  if (!read) co_return refusal(part, read.error());
  const ReadDocument& d = **read;
  if (steps_.seen) seen_.emplace(says_of(part), First{name, part.place, d.tokens});
  if (d.facts.ocr_pages > 0) {
    const Tokens page = head ? documents::image_tokens(tiler_, head->width, head->height)
                             : documents::image_tokens(tiler_, kPageWidth, kPageHeight);
    spare("documents.ocr", page * d.facts.ocr_pages - d.ocr_tokens);
  }
  co_return take_text(part, d, name);
}

bool DocumentStage::points_to_first(const DocumentPart& part) {
  const auto first = part.source == Source::none ? seen_.end() : seen_.find(says_of(part));
  if (first == seen_.end()) return false;
  const std::string text = wording_of_repetition(name_of(part), first->second.name, first->second.place);
  spare("documents.seen", first->second.tokens - documents::estimate_tokens(text));
  replacements_.push_back({part.whole, llm::text_part(x_.endpoint, text), true});
  return true;
}

std::optional<ClientError> DocumentStage::take_text(const DocumentPart& part, const ReadDocument& d,
                                                    std::string_view name) {
  tokens_ += d.tokens;
  if (steps_.max_tokens > 0 && tokens_ > steps_.max_tokens)
    return unreadable(part, fmt::format("the documents of this request are about {} tokens, {} are allowed. Send fewer "
                                        "pages, or several requests",
                                        tokens_, steps_.max_tokens));
  spare("documents.repeats", d.reduced.repeats.tokens);
  spare("documents.boilerplate", d.reduced.boilerplate.tokens);
  spare("documents.duplicates", d.reduced.duplicates.tokens);
  replacements_.push_back({part.whole, llm::text_part(x_.endpoint, wording(name, d)), true});
  return {};
}

std::optional<ClientError> DocumentStage::rebuild() {
  if (replacements_.empty()) return {};
  // Parts are found in the body's order.
  std::vector<std::pair<size_t, size_t>> places;  // of documents, in the new body
  json::Splice splice(x_.body.view());
  size_t grown = 0;  // modulo 2^64: it may have shrunk
  for (Replacement& r : replacements_) {
    if (r.document) places.emplace_back(splice.offset(r.raw) + grown, r.json.size());
    grown += r.json.size() - r.raw.size();
    splice.replace(r.raw, std::move(r.json));
  }
  net::Body body;
  body.size = splice.size();
  body.bytes = std::make_unique<char[]>(body.size + net::Body::kPadding);
  size_t at = 0;
  for (const std::string_view piece : splice.pieces()) {
    std::memcpy(body.bytes.get() + at, piece.data(), piece.size());
    at += piece.size();
  }
  // All views of the old one end here.
  parts_.clear();
  x_.in_place.clear();
  auto scan = llm::scan_request(x_.endpoint, body.view());
  if (!scan) return scan.error();
  x_.body = std::move(body);
  x_.scan = std::move(*scan);
  for (const auto& [begin, size] : places) x_.document_parts.push_back(x_.body.view().substr(begin, size));
  for (const Spared& s : spared_)
    if (s.in != 0) x_.spared.push_back(s);
  return {};
}

}  // namespace

net::Task<std::optional<ClientError>> read_documents(Exchange& x) {
  if (!x.route || !(x.scan.has_files || x.scan.has_images)) co_return std::nullopt;
  if (!x.route->documents.on) {
    const auto& all = x.route->deployments;
    if (x.scan.has_files &&
        std::all_of(all.begin(), all.end(), [](const auto& d) { return takes_no_files(d->engine); }))
      co_return ClientError{ErrorCode::documents_off, {}, {}};
    co_return std::nullopt;
  }
  DocumentStage stage(x);
  co_return co_await stage.run();
}

}  // namespace trine::gateway
