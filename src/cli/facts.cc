#include "cli/facts.h"

#include <fmt/format.h>

#include <istream>
#include <ostream>
#include <vector>

#include "base/text.h"
#include "score/control.h"
#include "yaml/reader.h"

namespace trine::cli {
namespace {

// The rubric's lines of each fact, in its order.
std::vector<std::vector<score::RubricLine>> questions() {
  std::vector<std::vector<score::RubricLine>> all;
  for (const auto& line : score::control_rubric()) {
    if (all.empty() || all.back().front().fact != line.fact) all.emplace_back();
    all.back().push_back(line);
  }
  return all;
}

const score::RubricLine* chosen(const std::vector<score::RubricLine>& lines, std::string_view answer) {
  if (const auto n = parse_int(answer)) {
    if (*n >= 1 && *n <= static_cast<int64_t>(lines.size())) return &lines[static_cast<size_t>(*n - 1)];
    return nullptr;
  }
  for (const auto& line : lines)
    if (iequals(line.value, answer)) return &line;
  return nullptr;
}

}  // namespace

Result<Facts> read_facts_text(const std::string& name, const std::string& text) {
  Facts facts;
  const auto read = yaml::read_text(name, text, [&facts](yaml::Fields& f) {
    f.text_map(yaml::required("control", "Facts (docs/control-rubric.md)."), facts);
    f.check([&] {
      if (const auto c = score::control(facts); !c) f.complain("control", c.error().message + ".");
    });
  });
  if (!read) return tl::unexpected(read.error());
  return facts;
}

Result<Facts> read_facts(const std::string& path) {
  const auto text = yaml::file_contents(path, yaml::kMaxFileBytes);
  if (!text) return tl::unexpected(text.error());
  return read_facts_text(path, *text);
}

Facts ask_facts(std::istream& in, std::ostream& out) {
  Facts facts;
  out << "Today's control facts of what is being replaced. A number, or Enter where nobody can answer:\n"
         "what nobody can answer is not under control.\n";
  for (const auto& lines : questions()) {
    out << fmt::format("\n{}:\n", lines.front().fact);
    for (size_t i = 0; i < lines.size(); ++i)
      out << fmt::format("  {}  {} ({})\n", i + 1, lines[i].value, lines[i].why);
    for (std::string answer;;) {
      out << fmt::format("{} [1-{}]: ", lines.front().fact, lines.size()) << std::flush;
      if (!std::getline(in, answer)) return facts;
      const auto word = trim(answer);
      if (word.empty()) break;
      if (const auto* line = chosen(lines, word)) {
        facts[std::string(line->fact)] = line->value;
        break;
      }
      out << fmt::format("\"{}\" is none of them.\n", word);
    }
  }
  return facts;
}

}  // namespace trine::cli
