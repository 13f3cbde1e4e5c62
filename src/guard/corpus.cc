#include "guard/corpus.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "guard/sha256.h"
#include "json/read.h"

namespace trine::guard {
namespace {

constexpr std::array<std::string_view, 6> kFamilies = {"benign",    "extraction", "injection",
                                                       "jailbreak", "pii",        "safety"};

// What people type to an assistant; the others are what they hand in, or no prompts at all (posts in forums).
const std::set<std::string_view> kEveryday = {
    "awesome_chatgpt_prompts",
    "awesome_chatgpt_prompts_zh",
    "banking77",
    "glaive_toolcall",
    "gsm8k",
    "humaneval",
    "mgsm",
    "nlu_eval_home",
    "sgd_user",
    "t0_p3_sample",
    "salesforce_rag_query",
    "self_instruct_seed",
    "self_instruct_user",
    "xquad_question",
    "sharegpt_first_turn",
};
const std::set<std::string_view> kDocuments = {
    "c4_demo_doc", "classeval_code", "salesforce_rag_doc", "tau_bench_policy", "tau_bench_tool_output", "xquad_context",
};
// Everyday sources that tell the model what to do; the others ask or state.
const std::set<std::string_view> kRequests = {
    "awesome_chatgpt_prompts", "awesome_chatgpt_prompts_zh",
    "glaive_toolcall",         "humaneval",
    "nlu_eval_home",           "sgd_user",
    "self_instruct_seed",      "self_instruct_user",
    "sharegpt_first_turn",     "t0_p3_sample",
};
const std::set<std::string_view> kPosts = {"davidson2017", "germeval2018", "surge_toxicity"};
// Nothing was tuned on these: neither phrases nor recipe nor thresholds. One of attacks, one of what people ask.
const std::set<std::string_view> kHeldBack = {"garak_sysprompt", "self_instruct_user"};
const std::set<std::string_view> kOneTextTwoLabels = {"jailbreak-00434", "benign-00058"};

// Sources of one origin are left out together: the word before the first underscore or bracket names it.
std::string origin(const TrainingText& t) {
  return t.source.substr(0, t.source.find_first_of("_("));
}

bool label(TrainingText& t, const std::string& label) {
  if (label == "benign") {
    t.targets = harmless();
    t.everyday = t.family == "benign" && kEveryday.contains(t.source);
    t.document = t.kind == "clean_document" || kDocuments.contains(t.source);
    // A user's own request is an instruction too.
    if (kRequests.contains(t.source)) t.targets[static_cast<size_t>(Head::indirect)] = Target::unknown;
    if (t.kind == "clean_document") t.trainable = false;  // stands in benign/ already
    return true;
  }
  if (label == "pii") {
    t.targets = harmless();
    return true;
  }
  if (label == "jailbreak") return t.targets = targets_of(Head::jailbreak), true;
  if (label == "extraction") return t.targets = targets_of(Head::extraction), true;
  if (label == "unsafe") return t.targets = targets_of(Head::unsafe), true;
  if (label != "injection") return false;
  t.targets = targets_of(t.kind == "direct" ? Head::injection : Head::indirect);
  t.document = t.kind != "direct";
  return true;
}

Result<bool> parse(std::string_view line, TrainingText& t) {
  std::string labelled;
  const std::map<std::string_view, std::string*> fields = {
      {"id", &t.id},         {"text", &t.text}, {"label", &labelled},   {"source", &t.source},
      {"lang", &t.language}, {"kind", &t.kind}, {"payload", &t.payload}};
  auto walked = json::each_member(line, [&](std::string_view key, json::Value value) {
    const auto field = fields.find(key);
    if (field != fields.end() && value.is_string()) *field->second = value.as_string().value_or("");
    return true;
  });
  if (!walked) return tl::unexpected(walked.error());
  if (t.text.empty() || t.source.empty()) return fail(Code::invalid_argument, "needs \"text\" and \"source\"");
  if (kOneTextTwoLabels.contains(t.id)) return false;
  t.trainable = !t.source.starts_with("tensor_trust") && !kHeldBack.contains(t.source);
  if (!label(t, labelled)) return false;
  // Posts in forums are rude about somebody; they ask for nothing, and a model of requests learns worse with them.
  if (kPosts.contains(t.source) && labelled == "unsafe") t.trainable = false;
  return true;
}

void deal_folds(std::vector<TrainingText>& texts) {
  std::map<std::string, std::map<std::string, size_t>> origins;  // by family: how many texts of each
  for (const auto& t : texts) {
    if (t.trainable) ++origins[t.family][origin(t)];
  }
  size_t split = 0;
  for (auto& t : texts) {
    if (kHeldBack.contains(t.source)) continue;
    if (t.document || t.family == "injection") {
      // Documents and what was set into them share their words. Other kinds of documents stay, to be learnt from.
      t.fold = t.source == "c4_demo_doc"           ? 1
               : t.source == "classeval_code"      ? 2
               : t.source.starts_with("tau_bench") ? 3
                                                   : 0;
      continue;
    }
    const auto& of_family = origins[t.family];
    const auto place = of_family.find(origin(t));
    if (place == of_family.end()) continue;
    t.fold = static_cast<int>(std::distance(of_family.begin(), place)) % kFolds;
    // Nobody else asks for personas, or in Bengali, Swahili and Telugu: a model without these texts would be judged by
    // gaps that the shipped one has not. Half of each is left out at a time.
    if ((t.source == "awesome_chatgpt_prompts" || t.source == "mgsm") && ++split % 2 == 0)
      t.fold = (t.fold + 1) % kFolds;
  }
}

}  // namespace

Targets targets_of(Head head) {
  Targets out;
  out.fill(Target::unknown);
  out[static_cast<size_t>(head)] = Target::yes;
  return out;
}

Targets harmless() {
  Targets out;
  out.fill(Target::no);
  return out;
}

void Featuriser::features(const std::string& text, Features& out) {
  normaliser_.normalise(text, normalised_);
  extract_features(normalised_.plain().text, out);
}

Result<Corpus> read_corpus(const std::string& folder) {
  Corpus corpus;
  Featuriser featuriser;
  std::string hashes;
  for (const auto family : kFamilies) {
    const std::string path = fmt::format("{}/{}/data.jsonl", folder, family);
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(Code::not_found, "{} is not there: --data takes the folder that holds it", path);
    size_t number = 0;
    std::string bytes;
    for (std::string line; std::getline(in, line);) {
      bytes.append(line).append("\n");
      ++number;
      TrainingText t;
      t.family = family;
      auto known = parse(line, t);
      if (!known) return fail(Code::invalid_argument, "{}:{}: {}", path, number, known.error().message);
      if (!*known) continue;
      featuriser.features(t.text, t.features);
      corpus.texts.push_back(std::move(t));
    }
    hashes += sha256_hex(bytes);
  }
  deal_folds(corpus.texts);
  corpus.hash = sha256_hex(hashes);
  return corpus;
}

}  // namespace trine::guard
