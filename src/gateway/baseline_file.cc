#include "gateway/baseline_file.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"
#include "base/time.h"
#include "gateway/config/key_hash.h"
#include "score/control.h"
#include "yaml/reader.h"

namespace trine::gateway {
namespace {

using yaml::Fields;
using yaml::required;
using From = FrozenBaseline::From;

constexpr std::string_view kMethod = "ecologits+prompt";
constexpr std::string_view kHashLine = "hash: sha256:";
constexpr int kFormat = 1;
constexpr int64_t kMostAmount = int64_t{1} << 60;

// As YAML's double quotes want it; the reader would take ${ for a variable.
std::string in_quotes(std::string_view s) {
  std::string out = "\"";
  for (size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      if (c == '$' && i + 1 < s.size() && s[i + 1] == '{') out += '$';
      out += c;
    }
  }
  return out + '"';
}

void line(std::string& out, std::string_view indent, std::string_view key, const std::string& value) {
  if (!value.empty()) out += fmt::format("{}{}: {}\n", indent, key, value);
}
void text_line(std::string& out, std::string_view indent, std::string_view key, const std::string& value) {
  if (!value.empty()) line(out, indent, key, in_quotes(value));
}
void count_line(std::string& out, std::string_view indent, std::string_view key, int64_t value) {
  if (value != 0) line(out, indent, key, std::to_string(value));
}
void money_line(std::string& out, std::string_view indent, std::string_view key, Money value) {
  if (value != Money()) line(out, indent, key, fixed_point(value.raw(), 9));
}

void write_model(std::string& out, const FrozenModel& m) {
  out += fmt::format("  - vendor: {}\n", in_quotes(m.vendor));
  text_line(out, "    ", "model", m.model);
  out += "    price:  # per million tokens\n";
  money_line(out, "      ", "input", m.price.in);
  if (m.price.cached != m.price.in) money_line(out, "      ", "cached_input", m.price.cached);
  money_line(out, "      ", "output", m.price.out);
  if (m.price.reasoning) money_line(out, "      ", "reasoning", *m.price.reasoning);
  text_line(out, "      ", "from", m.price_from);
  out += "    size:\n";
  line(out, "      ", "active_b", yaml::number_text(m.size.active_b));
  line(out, "      ", "total_b", yaml::number_text(m.size.total_b));
  line(out, "      ", "bits", yaml::number_text(m.size.bits));
  line(out, "      ", "batch", yaml::number_text(m.size.batch));
  line(out, "      ", "pue", yaml::number_text(m.size.pue));
  text_line(out, "      ", "from", m.size_from);
  if (m.in + m.out == 0) return;
  out += "    seen:\n";
  count_line(out, "      ", "requests", m.requests);
  count_line(out, "      ", "input_tokens", m.in);
  count_line(out, "      ", "cached_tokens", m.cached);
  count_line(out, "      ", "output_tokens", m.out);
}

void read_hash(Fields& f, std::string_view name, std::string_view doc, bool must, std::string& out) {
  const yaml::Type type{yaml::Type::Kind::text, "sha256:HEX", {}, {}, false, {}, {}};
  f.parsed(yaml::Field{name, doc, must}, out, type, "", "is not sha256: and 64 hex digits.",
           [](std::string_view s) -> std::optional<std::string> {
             const auto hash = parse_key_hash(s);
             if (!hash) return {};
             return hex(*hash);
           });
}

void read_price(Fields& f, FrozenModel& m) {
  std::optional<Money> in, cached, out;
  f.price(required("input", "Per million tokens."), in);
  f.price({"cached_input", "Per million cached tokens."}, cached);
  f.price({"output", "Per million tokens."}, out);
  f.price({"reasoning", "Per million tokens."}, m.price.reasoning);
  f.text({"from", "Where the price comes from."}, m.price_from);
  m.price.in = in.value_or(Money());
  m.price.cached = cached.value_or(m.price.in);
  m.price.out = out.value_or(Money());
}

void read_model(Fields& f, FrozenModel& m) {
  f.text(required("vendor", "Vendor."), m.vendor);
  f.text(required("model", "Its model."), m.model);
  f.object(required("price", "What its tokens cost."), m, read_price);
  f.object(required("size", "Parameters."), m, [](Fields& s, FrozenModel& to) {
    s.number(required("active_b", "Active, 1e9."), to.size.active_b, 1e-3, 1e5);
    s.number(required("total_b", "All, 1e9."), to.size.total_b, 1e-3, 1e5);
    s.number(required("bits", "Per weight."), to.size.bits, 1, 64);
    s.number(required("batch", "Requests at a time."), to.size.batch, 1, 1e5);
    s.number(required("pue", "Of the data centre."), to.size.pue, 1, 5);
    s.text({"from", "Where the size comes from."}, to.size_from);
  });
  f.object({"seen", "Tokens that were seen."}, m, [](Fields& s, FrozenModel& to) {
    s.integer({"requests", "Requests."}, to.requests, 0, kMostAmount);
    s.integer({"input_tokens", "Prompt tokens."}, to.in, 0, kMostAmount);
    s.integer({"cached_tokens", "Of these, cached."}, to.cached, 0, kMostAmount);
    s.integer({"output_tokens", "Generated tokens."}, to.out, 0, kMostAmount);
  });
}

void declare(Fields& f, FrozenBaseline& b) {
  int format = kFormat;
  f.integer(required("format", "Of this file."), format, kFormat, kFormat);
  f.integer(required("version", "Of the baseline."), b.version, 1, 1'000'000);
  f.text(required("name", "For people."), b.name);
  f.text(required("created", "When it was made."), b.created);
  f.choice(required("from", "What it was made from."), b.from,
           {{"vendor", From::vendor}, {"log", From::log}, {"invoice", From::invoice}});
  f.object({"source", "The log or invoice."}, b, [](Fields& s, FrozenBaseline& to) {
    s.text(required("file", "Its name."), to.file);
    read_hash(s, "hash", "Of its bytes.", true, to.file_hash);
    s.text({"first", "Oldest row."}, to.first);
    s.text({"last", "Newest row."}, to.last);
    s.integer({"refused_rows", "Left out."}, to.refused_rows, 0, kMostAmount);
    s.price({"paid", "Total."}, to.paid);
  });
  f.text(required("currency", "ISO 4217."), b.currency);
  f.text(required("zone", "Grid zone."), b.zone);
  std::string method(kMethod);
  f.choice(required("method", "How energy is estimated."), method, {{kMethod, std::string(kMethod)}});
  f.objects(required("models", "Vendors' models."), b.models, read_model);
  f.text_map({"control", "Facts of the day (docs/control-rubric.md)."}, b.control);
  read_hash(f, "replaces", "Hash of the version before.", false, b.replaces);
  read_hash(f, "hash", "Of all lines before it.", true, b.hash);
  f.check([&f, &b] {
    if (b.models.empty()) f.complain("models", "names no model.");
    if (!parse_iso8601(b.created)) f.complain("created", "is not a time.");
    if (const auto c = score::control(b.control); !c) f.complain("control", c.error().message + ".");
  });
}

const yaml::Sources& no_sources() {
  static const yaml::Sources none{[](const std::string&) { return std::nullopt; },
                                  [](const std::string& path) -> Result<std::string> {
                                    return fail(Code::not_found, "{} is not allowed here", path);
                                  }};
  return none;
}

// Where the hash line begins; npos where there is none, or something after it.
size_t hashed_bytes(std::string_view text) {
  const size_t at = text.rfind(fmt::format("\n{}", kHashLine));
  if (at == std::string_view::npos) return at;
  const size_t end = text.find('\n', at + 1);
  return end == std::string_view::npos || end + 1 == text.size() ? at + 1 : std::string_view::npos;
}

double share(Tokens mine, size_t models, Tokens all) {
  return all > 0 ? static_cast<double>(mine) / static_cast<double>(all) : 1 / static_cast<double>(models);
}

}  // namespace

const char* name(From from) {
  switch (from) {
    case From::vendor:
      return "vendor";
    case From::log:
      return "log";
    case From::invoice:
      return "invoice";
  }
  return "vendor";
}

double FrozenBaseline::share_in(const FrozenModel& m) const {
  return share(
      m.in, models.size(),
      std::accumulate(models.begin(), models.end(), Tokens{0}, [](Tokens t, const auto& x) { return t + x.in; }));
}

double FrozenBaseline::share_out(const FrozenModel& m) const {
  return share(
      m.out, models.size(),
      std::accumulate(models.begin(), models.end(), Tokens{0}, [](Tokens t, const auto& x) { return t + x.out; }));
}

std::string FrozenBaseline::title() const {
  return fmt::format("{} (baseline version {} of {})", name, version, created.substr(0, 10));
}

std::string baseline_text(FrozenBaseline& b) {
  std::string out =
      "# What savings are measured against; made by `trine baseline create`. Do not edit: the last line is the "
      "SHA-256\n"
      "# of all lines before it, and a file that was changed is refused.\n";
  line(out, "", "format", std::to_string(kFormat));
  line(out, "", "version", std::to_string(b.version));
  text_line(out, "", "name", b.name);
  text_line(out, "", "created", b.created);
  line(out, "", "from", gateway::name(b.from));
  if (!b.file.empty()) {
    out += "source:\n";
    text_line(out, "  ", "file", b.file);
    line(out, "  ", "hash", "sha256:" + b.file_hash);
    text_line(out, "  ", "first", b.first);
    text_line(out, "  ", "last", b.last);
    count_line(out, "  ", "refused_rows", b.refused_rows);
    if (b.paid) money_line(out, "  ", "paid", *b.paid);
  }
  line(out, "", "currency", b.currency);
  text_line(out, "", "zone", b.zone);
  line(out, "", "method", fmt::format("{}  # docs/accounting.md §4d", kMethod));
  out += "models:\n";
  for (const auto& m : b.models) write_model(out, m);
  if (!b.control.empty()) out += "control:  # docs/control-rubric.md\n";
  for (const auto& [fact, value] : b.control) text_line(out, "  ", fact, value);
  if (!b.replaces.empty()) line(out, "", "replaces", "sha256:" + b.replaces);
  b.hash = hex(hash_key(out));
  return out + fmt::format("{}{}\n", kHashLine, b.hash);
}

Result<FrozenBaseline> read_baseline_text(const std::string& name, std::string_view text) {
  const size_t hashed = hashed_bytes(text);
  if (hashed == std::string_view::npos)
    return fail(Code::invalid_argument,
                "{}: is no baseline file, or not all of it: its last line must be its hash. `trine baseline create` "
                "makes one.",
                name);
  FrozenBaseline b;
  const auto read = yaml::read_text(
      name, text, [&b](Fields& f) { declare(f, b); }, no_sources());
  const auto stated = parse_key_hash(trim(text.substr(hashed + kHashLine.size() - 7, 71)));
  const bool same = stated && *stated == hash_key(std::string(text.substr(0, hashed)));
  if (!same)
    return fail(Code::invalid_argument,
                "{}: was changed after it was made: its lines do not fit the hash in the last one. Restore the file as "
                "it was, or make a new baseline by `trine baseline create`.",
                name);
  if (!read) return tl::unexpected(read.error());
  return b;
}

Result<FrozenBaseline> read_baseline(const std::string& path) {
  const auto text = yaml::file_contents(path, yaml::kMaxFileBytes);
  if (!text) return tl::unexpected(text.error());
  return read_baseline_text(path, *text);
}

}  // namespace trine::gateway
