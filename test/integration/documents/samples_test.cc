// test/documents against the real worker and the steps: every field of the key is found word for word on its page, and
// what is kept costs a quarter less than the file would have cost a model as it is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "base/text.h"
#include "documents/image_size.h"
#include "documents/reduce.h"
#include "documents/split.h"
#include "documents/text.h"
#include "pool_fixture.h"

namespace trine::documents::samples_test {
namespace {

namespace fs = std::filesystem;

struct Field {
  int part, page;
  std::string name, value;
};
struct Sample {
  std::string cost;  // "text", "pdf", "vision WxHxN"
  std::vector<Field> fields;
};

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char piece[65536];
  for (size_t n = 0; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) out.append(piece, n);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return out;
}

std::map<std::string, Sample> make_samples(const fs::path& folder) {
  const auto command = fmt::format("python3 {}/test/documents/make_samples.py {}", TRINE_SOURCE_DIR, folder.string());
  EXPECT_EQ(std::system(command.c_str()), 0) << command << " (needs python3, poppler-utils, fonts-dejavu-core)";
  std::map<std::string, Sample> samples;
  std::istringstream key(contents(folder / "key.tsv"));
  for (std::string line; std::getline(key, line);) {
    std::istringstream columns(line);
    std::string file, part, page, name, value;
    std::getline(columns, file, '\t');
    std::getline(columns, part, '\t');
    std::getline(columns, page, '\t');
    std::getline(columns, name, '\t');
    std::getline(columns, value, '\t');
    if (name == "*") {
      samples[file].cost = value;
    } else {
      samples[file].fields.push_back({std::stoi(part), std::stoi(page), name, value});
    }
  }
  return samples;
}

// What the file costs a model without this module.
Tokens cost_of(const Sample& sample, const fs::path& folder, const std::string& file) {
  int width = 0, height = 0, pages = 0;
  if (std::sscanf(sample.cost.c_str(), "vision %dx%dx%d", &width, &height, &pages) == 3)
    return pages * image_tokens(openai_tiler(), width, height);
  std::string text = contents(folder / "baseline" / (file + ".txt"));
  if (sample.cost == "pdf") {
    // The cheaper of the two ways in which pdftotext writes a page: with its layout, or in the order of reading. What
    // is attached (the baseline file, if there is one) comes on top.
    const auto path = (folder / file).string();
    const auto plain = output_of("pdftotext '" + path + "' -"),
               layout = output_of("pdftotext -layout '" + path + "' -");
    return std::min(estimate_tokens(plain), estimate_tokens(layout)) + estimate_tokens(text);
  }
  return estimate_tokens(text);
}

std::string languages_of(const std::string& file) {
  for (const auto& [code, languages] : std::map<std::string, std::string>{
           {"-de", "deu"}, {"-fr", "fra"}, {"-it", "ita"}, {"-es", "spa"}, {"-nl", "nld"}})
    if (file.find(code + ".") != std::string::npos) return languages;
  return "eng";
}

// The text of one page of one part.
std::string page_text(const Text& text, int part, int page) {
  std::string out;
  for (const PageSpan& span : text.pages)
    if (span.part == part && span.number == page) out.append(text.text, span.begin, span.end - span.begin);
  return out;
}

TEST(SampleDocuments, EveryFieldIsKeptOnItsPageForAQuarterLess) {
  const fs::path folder = fs::path(TRINE_BUILD_DIR) / "documents_samples";
  const auto samples = make_samples(folder);
  ASSERT_GE(samples.size(), 40u);
  auto options = pool_options();
  options.languages = "eng+deu+fra+ita+spa+nld";
  const auto pool = start_pool(std::move(options));
  ASSERT_TRUE(pool);
  Tokens before = 0, after = 0;
  std::map<std::string, std::pair<Tokens, Tokens>> kinds;
  Reduced steps;
  std::string table;
  for (const auto& [file, sample] : samples) {
    SCOPED_TRACE(file);
    Job job;
    job.name = file;
    job.languages = languages_of(file);
    auto r = pool->extract(job, contents(folder / file));
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ(r->document.warnings, std::vector<std::string>{});
    const Tokens extracted = estimate_tokens(text_of(r->document));
    const Reduced dropped = reduce(r->document);
    const Text kept = render(r->document);
    for (const Field& f : sample.fields)
      EXPECT_NE(page_text(kept, f.part, f.page).find(f.value), std::string::npos)
          << f.name << " \"" << f.value << "\" is not on page " << f.page << ":\n"
          << page_text(kept, f.part, f.page);
    const Tokens cost = cost_of(sample, folder, file), now = estimate_tokens(kept.text);
    before += cost, after += now;
    auto& kind = kinds[sample.cost.substr(0, sample.cost.find(' ')) + fs::path(file).extension().string()];
    kind.first += cost, kind.second += now;
    steps.repeats += dropped.repeats, steps.duplicates += dropped.duplicates, steps.boilerplate += dropped.boilerplate;
    table += fmt::format("{:28} {:>7} {:>9} {:>7} {:>5.0f} %\n", file, cost, extracted, now,
                         100.0 * static_cast<double>(cost - now) / static_cast<double>(cost));
  }
  table = fmt::format("{:28} {:>7} {:>9} {:>7} {:>7}\n", "file", "before", "extracted", "kept", "saved") + table;
  for (const auto& [kind, sums] : kinds)
    table += fmt::format("all {:24} {:>7} {:>9} {:>7} {:>5.0f} %\n", kind, sums.first, "", sums.second,
                         100.0 * static_cast<double>(sums.first - sums.second) / static_cast<double>(sums.first));
  const double saved = static_cast<double>(before - after) / static_cast<double>(before);
  table += fmt::format("all {} documents: {} tokens before, {} kept, {:.1f} % saved\n", samples.size(), before, after,
                       100 * saved);
  table += fmt::format("dropped after extraction: headers and footers {}, said before {}, boilerplate {} tokens\n",
                       steps.repeats.tokens, steps.duplicates.tokens, steps.boilerplate.tokens);
  std::ofstream(folder / "tokens.txt") << table;
  EXPECT_GE(saved, 0.25) << table;
}

// Made by a program that is not ours (Chromium, from the .html beside it): cells of several lines, centred in their
// rows, narrow columns of numbers, small print in two columns.
TEST(SampleDocuments, AnInvoicePrintedByABrowserHasItsRowsWhole) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const auto r = pool->extract({}, contents(fs::path(TRINE_SOURCE_DIR) / "test/documents/printed_by_a_browser.pdf"));
  ASSERT_TRUE(r) << r.error().message;
  const std::string text = text_of(r->document);
  for (const std::string_view kept :
       {"KID: 004417720098112", "Vare|Beskrivelse|Antall|Pris|Bel\u00F8p NOK",
        "A-110|Kontorstol med armlener, sort stoff, h\u00F8yderegulerbar, inklusive montering p\u00E5 stedet|12|"
        "2 490,00|29 880,00",
        "F-001|Frakt og innb\u00E6ring|1|3 500,00|3 500,00", "\u00C5 betale|119 575,00",
        "Varene forblir selgers eiendom til kj\u00F8pesummen er betalt i sin helhet."})
    EXPECT_NE(text.find(kept), std::string::npos) << kept << " is not in\n" << text;
}

}  // namespace
}  // namespace trine::documents::samples_test
