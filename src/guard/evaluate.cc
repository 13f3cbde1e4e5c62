#include "guard/evaluate.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "guard/disguises.h"
#include "guard/sha256.h"
#include "guard/training_set.h"
#include "yaml/reader.h"

namespace trine::guard {
namespace {

constexpr std::array<Head, 4> kUserHeads = {Head::jailbreak, Head::injection, Head::extraction, Head::unsafe};
using RawScores = std::array<float, kHeads>;

struct Held {
  const TrainingText* text;
  RawScores raw;
  std::vector<RawScores> disguised;  // by disguise; empty for most
};

size_t index(Head head) {
  return static_cast<size_t>(head);
}

bool is_poisoned(const TrainingText& t) {
  return t.targets[index(Head::indirect)] == Target::yes;
}
bool is_attack_of_a_user(const TrainingText& t) {
  return std::ranges::any_of(kUserHeads, [&](Head head) { return t.targets[index(head)] == Target::yes; });
}
bool is_clean_document(const TrainingText& t) {
  return t.kind == "clean_document";
}

// Whether a composed text was made of a document that fold 0 trains on: three probes find it.
class KnownDocuments {
 public:
  explicit KnownDocuments(const Corpus& corpus) {
    for (const auto& t : corpus.texts) {
      if (t.document && t.trainable && t.fold != 0) all_ += t.text + '\n';
    }
  }
  bool holds(const std::string& text) const {
    constexpr size_t kProbe = 40;
    for (size_t quarter = 1; quarter <= 3; ++quarter) {
      const std::string probe = text.substr(text.size() * quarter / 4, kProbe);
      if (probe.size() == kProbe && all_.find(probe) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::string all_;
};

bool any_fires(const RawScores& raw, const RawScores& limits) {
  return std::ranges::any_of(kUserHeads, [&](Head head) { return raw[index(head)] > limits[index(head)]; });
}

std::vector<RawScores> disguised_scores(const TrainingText& t, const Classifier& model, const Normaliser& normaliser,
                                        Normalised& normalised, ClassifierScratch& scratch) {
  std::vector<RawScores> out;
  for (const Disguise& d : disguises()) {
    normaliser.normalise(d.apply(t.text), normalised);
    RawScores best;
    best.fill(std::numeric_limits<float>::lowest());
    for (const View& view : normalised.views) {
      const auto raw = model.raw(view.text, scratch).value;
      for (size_t h = 0; h < kHeads; ++h) best[h] = std::max(best[h], raw[h]);
    }
    out.push_back(best);
  }
  return out;
}

std::vector<Held> held_out_scores(const Corpus& corpus, const Grammar& grammar, const Recipe& recipe) {
  const KnownDocuments known(corpus);
  ClassifierScratch scratch;
  const Normaliser normaliser;
  Normalised normalised;
  size_t short_ones = 0;
  std::vector<Held> out;
  for (int fold = 0; fold < kFolds; ++fold) {
    const TrainingSet set = compose(corpus, grammar, recipe.seed, fold);
    const Classifier model(fit(set.examples, recipe));
    for (const auto& t : corpus.texts) {
      const bool never_trained = !t.trainable && t.fold < 0;
      if (t.fold != fold && !(never_trained && fold == 0)) continue;
      if (t.fold == 0 && (is_poisoned(t) || is_clean_document(t)) && known.holds(t.text)) continue;
      out.push_back({&t, model.raw(t.features, scratch).value, {}});
      const bool may = t.language == "en" && t.text.size() <= 500 && (t.everyday || is_attack_of_a_user(t));
      if (may && ++short_ones % 10 == 0) {
        out.back().disguised = disguised_scores(t, model, normaliser, normalised, scratch);
      }
    }
  }
  return out;
}

// Scores of one head, highest first, each with its weight.
using Weighted = std::vector<std::pair<float, double>>;

float threshold(const Weighted& scores, double rate) {
  double all = 0;
  for (const auto& [score, weight] : scores) all += weight;
  double above = 0;
  for (const auto& [score, weight] : scores) {
    above += weight;
    if (above > rate * all) return score;
  }
  return scores.empty() ? 0 : scores.back().first;
}

// Thresholds of the heads for user texts such that any of them fires on `rate` of everyday prompts, each source
// weighing the same, and each head alone on the same share. The indirect head's is for documents.
RawScores thresholds(const std::vector<Held>& held, double rate) {
  const auto is_document = [](const Held& h) { return h.text->document && h.text->family == "benign"; };
  const auto is_asked = [](const Held& h) { return h.text->everyday && h.text->trainable; };
  std::map<std::string, double> counts, documents;
  for (const auto& h : held) {
    if (is_asked(h)) counts[h.text->source] += 1;
    if (is_document(h)) documents[h.text->source] += 1;
  }
  std::array<Weighted, kHeads> scores;
  for (const auto& h : held) {
    for (const Head head : kUserHeads) {
      if (is_asked(h)) scores[index(head)].emplace_back(h.raw[index(head)], 1 / counts[h.text->source]);
    }
    if (is_document(h)) {
      scores[index(Head::indirect)].emplace_back(h.raw[index(Head::indirect)], 1 / documents[h.text->source]);
    }
  }
  for (auto& s : scores) std::ranges::sort(s, std::greater<>());
  RawScores out{};
  double low = 0;
  double high = rate;
  for (int round = 0; round < 24; ++round) {
    const double each = (low + high) / 2;
    RawScores now{};
    for (const Head head : kUserHeads) now[index(head)] = threshold(scores[index(head)], each);
    double fired = 0;
    for (const auto& h : held) {
      if (is_asked(h) && any_fires(h.raw, now)) fired += 1 / counts[h.text->source];
    }
    if (fired <= rate * static_cast<double>(counts.size())) {
      low = each;
      out = now;
    } else {
      high = each;
    }
  }
  out[index(Head::indirect)] = threshold(scores[index(Head::indirect)], rate);
  return out;
}

double area_under_curve(const std::vector<Held>& held, Evaluation& out) {
  std::vector<std::pair<float, bool>> scores;
  for (const auto& h : held) {
    if (is_poisoned(*h.text) || is_clean_document(*h.text)) {
      scores.emplace_back(h.raw[index(Head::indirect)], is_poisoned(*h.text));
    }
  }
  std::ranges::sort(scores);
  double below = 0;
  for (const auto& [score, poisoned] : scores) {
    if (poisoned) below += static_cast<double>(out.clean);
    ++(poisoned ? out.poisoned : out.clean);
  }
  const double pairs = static_cast<double>(out.poisoned) * static_cast<double>(out.clean);
  return pairs > 0 ? below / pairs : 0;
}

std::string label_of(const TrainingText& t) {
  for (const Head head : kAllHeads) {
    if (t.targets[index(head)] == Target::yes) return std::string(name(head));
  }
  return "benign";
}

void count(const Held& h, const Evaluation& e, SourceRow& row) {
  ++row.texts;
  row.any_at_hundred += any_fires(h.raw, e.one_in_hundred) ? 1 : 0;
  row.any_at_thousand += any_fires(h.raw, e.one_in_thousand) ? 1 : 0;
  for (const Head head : kAllHeads)
    row.by_head[index(head)] += h.raw[index(head)] > e.one_in_hundred[index(head)] ? 1 : 0;
}

std::vector<DisguiseRow> disguise_rows(const std::vector<Held>& held, const RawScores& limits) {
  std::vector<DisguiseRow> out;
  for (size_t d = 0; d < disguises().size(); ++d) {
    DisguiseRow row{.name = disguises()[d].name};
    for (const auto& h : held) {
      if (h.disguised.empty()) continue;
      const double fires = any_fires(h.disguised[d], limits) ? 1 : 0;
      if (h.text->everyday) {
        ++row.harmless;
        row.harmless_disguised += fires;
      } else {
        ++row.attacks;
        row.plain += any_fires(h.raw, limits) ? 1 : 0;
        row.disguised += fires;
      }
    }
    const auto attacks = static_cast<double>(std::max<size_t>(row.attacks, 1));
    row.plain /= attacks;
    row.disguised /= attacks;
    row.harmless_disguised /= static_cast<double>(std::max<size_t>(row.harmless, 1));
    out.push_back(row);
  }
  return out;
}

struct Inputs {
  Corpus corpus;
  Grammar grammar;
  Recipe recipe;
  std::string hash;  // of recipe and phrases
};

Result<Inputs> read_inputs(const TrainOptions& options) {
  Inputs in;
  const std::string path = options.model + "/recipe.yaml";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(Code::not_found, "{} is not there: it says how to train.", path);
  if (auto read = yaml::read_text(path, text.str(), [&](yaml::Fields& f) { declare(f, in.recipe); }); !read) {
    return tl::unexpected(read.error());
  }
  auto grammar = Grammar::load(options.model + "/phrases");
  if (!grammar) return tl::unexpected(grammar.error());
  auto corpus = read_corpus(options.data);
  if (!corpus) return tl::unexpected(corpus.error());
  in.grammar = std::move(*grammar);
  in.corpus = std::move(*corpus);
  in.hash = sha256_hex(text.str() + in.grammar.source_text());
  return in;
}

}  // namespace

double Evaluation::mean_recall(std::string_view label) const {
  double sum = 0;
  size_t sources = 0;
  for (const auto& row : rows) {
    if (row.label != label) continue;
    sum += row.any_at_hundred;
    ++sources;
  }
  return sources > 0 ? sum / static_cast<double>(sources) : 0;
}

Evaluation evaluate(const Corpus& corpus, const Grammar& grammar, const Recipe& recipe) {
  const std::vector<Held> held = held_out_scores(corpus, grammar, recipe);
  Evaluation out;
  out.one_in_hundred = thresholds(held, 0.01);
  out.one_in_thousand = thresholds(held, 0.001);
  std::map<std::pair<std::string, std::string>, SourceRow> rows;
  for (const auto& h : held) {
    const std::string label = label_of(*h.text);
    auto& row = rows[{label, h.text->source}];
    row.label = label;
    row.source = h.text->source;
    row.documents = h.text->document;
    row.everyday = h.text->everyday;
    row.trainable = h.text->trainable;
    count(h, out, row);
  }
  for (auto& [key, row] : rows) {
    const auto n = static_cast<double>(row.texts);
    row.any_at_hundred /= n;
    row.any_at_thousand /= n;
    for (auto& share : row.by_head) share /= n;
    out.rows.push_back(row);
  }
  out.disguises = disguise_rows(held, out.one_in_hundred);
  out.poisoned_auc = area_under_curve(held, out);
  return out;
}

Result<Evaluation> evaluate_guard(const TrainOptions& options) {
  auto in = read_inputs(options);
  if (!in) return tl::unexpected(in.error());
  return evaluate(in->corpus, in->grammar, in->recipe);
}

Result<TrainedGuard> train_guard(const TrainOptions& options) {
  auto in = read_inputs(options);
  if (!in) return tl::unexpected(in.error());
  TrainedGuard out;
  out.evaluation = evaluate(in->corpus, in->grammar, in->recipe);
  const TrainingSet set = compose(in->corpus, in->grammar, in->recipe.seed, -1);
  Weights weights = fit(set.examples, in->recipe);
  weights.one_in_hundred = out.evaluation.one_in_hundred;
  weights.one_in_thousand = out.evaluation.one_in_thousand;
  weights.recipe = in->hash;
  weights.data = in->corpus.hash;
  out.file = write_weights(weights);
  return out;
}

std::string markdown(const Evaluation& e) {
  std::string out =
      "| texts | source | n | any head, 1 % | any head, 0.1 % | jailbreak | injection | extraction | unsafe | indirect "
      "|\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  const auto percent = [](double share) { return fmt::format("{:.1f}", 100 * share); };
  for (const auto& r : e.rows) {
    out += fmt::format("| {}{} | {}{} | {} | {} | {} |", r.label,
                       r.everyday    ? ", everyday"
                       : r.documents ? ", documents"
                                     : "",
                       r.source, r.trainable ? "" : " (never trained on)", r.texts, percent(r.any_at_hundred),
                       percent(r.any_at_thousand));
    for (const double share : r.by_head) out += fmt::format(" {} |", percent(share));
    out += '\n';
  }
  out += "\n| disguise | attacks | plain | disguised | everyday prompts | disguised |\n|---|---|---|---|---|---|\n";
  for (const auto& d : e.disguises) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", d.name, d.attacks, percent(d.plain), percent(d.disguised),
                       d.harmless, percent(d.harmless_disguised));
  }
  out += fmt::format("\nPoisoned ({}) against clean documents ({}), indirect head: AUC {:.3f}.\n", e.poisoned, e.clean,
                     e.poisoned_auc);
  return out;
}

}  // namespace trine::guard
