// Files of strangers: logs, invoices, price lists, baselines. Whatever is in them, the readers answer, and what they
// take can be right.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "catalog/load.h"
#include "cli/import_prices.h"
#include "cli/usage_rows.h"
#include "gateway/baseline_file.h"

namespace trine::cli::readers_test {
namespace {

const Wall kNow = *parse_iso8601("2026-11-23T12:00:00Z");

const catalog::Catalog& built_in() {
  static const auto catalog = *catalog::load();
  return *catalog;
}

// `seed` with some bytes replaced, taken out or put in, mostly by those that mean something in these files.
std::string damaged(std::string text) {
  const auto edits = *rc::gen::inRange(0, 8);
  for (int i = 0; i < edits && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<size_t>(0, text.size());
    const char c =
        *rc::gen::oneOf(rc::gen::elementOf(std::string(",;\"\n\r{}[]:-.0123456789eE$ \\")), rc::gen::arbitrary<char>());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = c;
        break;
      case 1:
        text.erase(at, *rc::gen::inRange<size_t>(1, 20));
        break;
      case 2:
        text.insert(at, *rc::gen::inRange<size_t>(1, 20), c);
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

RC_GTEST_PROP(Readers, RowsOfUsageThatAreTakenCanBeRight, ()) {
  const auto seed = *rc::gen::elementOf(std::vector<std::string>{
      "model,input_tokens,output_tokens,cached_tokens,cost_usd,timestamp\n"
      "gpt-4o,1155,211,100,0.0045,2026-10-01T00:00:00Z\n\"gpt-4o\",1155,211,,$1.5,1762000000\n",
      "{\"model\":\"gpt-4o\",\"cost\":1,\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,"
      "\"prompt_tokens_details\":{\"cached_tokens\":5}}}\n{\"model\":\"m\",\"input_tokens\":1,\"output_tokens\":2}\n"});
  const bool invoice = *rc::gen::arbitrary<bool>();
  int64_t rows = 0;
  const auto read = read_usage("f", damaged(seed), invoice, kNow, [&](const UsageRow& r) {
    ++rows;
    RC_ASSERT(r.in >= 0 && r.out >= 0 && r.in + r.out > 0 && r.requests >= 0);
    RC_ASSERT(r.cached >= 0 && r.cached <= r.in);
    RC_ASSERT(invoice == r.cost.has_value());
    RC_ASSERT(!r.cost || (*r.cost > 0 && *r.cost <= 1e7));
    return std::string();
  });
  if (read) {
    RC_ASSERT(read->taken == rows);
  } else {
    RC_ASSERT(!read.error().message.empty());
  }
}

RC_GTEST_PROP(Readers, PricesThatAreTakenMakeACatalog, ()) {
  const auto seed = *rc::gen::elementOf(std::vector<std::string>{
      "provider,model,mode,input_usd_per_mtok,output_usd_per_mtok,cached_input_usd_per_mtok,currency\n"
      "openai,gpt-new,chat,2.5,10,1.25,EUR\nopenai,gpt-4o,chat,2,8,1,\n",
      "{\"gpt-new\":{\"litellm_provider\":\"openai\",\"mode\":\"chat\",\"input_cost_per_token\":2.5e-06,"
      "\"output_cost_per_token\":1e-05,\"cache_read_input_token_cost\":1e-06,\"max_input_tokens\":128000,"
      "\"input_cost_per_token_batches\":1.25e-06,\"deprecation_date\":\"2027-01-01\"}}",
      "provider,instance,gpu,gpu_count,vcpus,mem_gib,region,country,price_usd_h,spot_usd_h\n"
      "verda,new,H100-SXM,1,32,185,FIN-02,FI,2.29,0.8\n"});
  const ImportRules rules{.today = "2026-11-23", .date = "2026-11-20", .source = "import-list"};
  const auto import = import_prices("list", damaged(seed), built_in(), rules);
  if (!import) {
    RC_ASSERT(!import.error().message.empty());
    return;
  }
  // Each load reads the whole catalog: only where there is something new in it.
  if (import->added.empty() && import->changed.empty()) return;
  const auto catalog = catalog::load_texts(catalog_files(*import, built_in(), "list", rules));
  if (!catalog) RC_FAIL(catalog.error().message);
}

RC_GTEST_PROP(Readers, ABaselineIsWhatWasWrittenOrRefused, ()) {
  gateway::FrozenBaseline b;
  b.name = *rc::gen::nonEmpty(rc::gen::string<std::string>());
  std::erase_if(b.name, [](char c) { return static_cast<unsigned char>(c) >= 0x7f || c == 0; });
  RC_PRE(!b.name.empty());
  b.created = "2026-11-23T17:00:00Z";
  b.zone = "US";
  b.version = *rc::gen::inRange(1, 1000);
  b.models.emplace_back();
  b.models[0].vendor = "openai";
  b.models[0].model = b.name;
  b.models[0].size.active_b = b.models[0].size.total_b = *rc::gen::inRange(1, 1000);
  b.models[0].price.in = b.models[0].price.cached = Money::raw(*rc::gen::inRange<int64_t>(1, 1'000'000'000'000));
  b.models[0].in = *rc::gen::inRange<int64_t>(0, 1'000'000'000'000);
  const auto text = gateway::baseline_text(b);
  const auto whole = gateway::read_baseline_text("b", text);
  if (!whole) RC_FAIL(whole.error().message);
  RC_ASSERT(whole->name == b.name);
  RC_ASSERT(whole->models[0].price.in == b.models[0].price.in);
  const auto other = damaged(text);
  if (const auto read = gateway::read_baseline_text("b", other)) {
    auto again = *read;
    RC_ASSERT(gateway::baseline_text(again) == text);
  }
}

}  // namespace
}  // namespace trine::cli::readers_test
