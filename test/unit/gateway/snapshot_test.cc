// The configuration resolved against the catalog: what each deployment is worth, and what cannot be known.
#include "gateway/snapshot.h"

#include <fstream>

#include "integration/gateway/harness.h"

namespace trine::gateway::test::snapshot_test {
namespace {

const string kOwn = "gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 }";

string deployments(const string& fields, const string& more = "") {
  return "deployments:\n  - { name: d, url: \"http://d.test/v1\", " + fields + " }\n" +
         "routes: [ { model: small, deployments: [d] } ]\n" + more;
}
std::shared_ptr<const Deployment> resolve(const string& fields, const string& more = "") {
  return must_snapshot(deployments(fields, more))->deployments.at(0);
}
string refusal(const string& yaml) {
  const auto s = snapshot_of(yaml);
  return s ? "it was accepted" : s.error().message;
}

TEST(Snapshot, NamesEveryUnknownNameWithItsPlace) {
  const string yaml =
      "deployments:\n"
      "  - name: d\n"
      "    url: http://d.test/v1\n"
      "    model: gpt-oss-21b\n"
      "    gpu: RTX-4091\n"
      "    region: ovh-grq\n"
      "    price: { per_hour: 1 }\n"
      "  - { name: v, url: \"http://v.test/v1\", model: gpt-9, vendor: openai, zone: XX }\n"
      "  - { name: w, url: \"http://w.test/v1\", model: gpt-4o-mini, vendor: openia, zone: FR }\n"
      "routes: [ { model: small, deployments: [d, v, w] } ]\n";
  const string message = refusal(yaml);
  EXPECT_EQ(message.find("gateway.yaml:5:10: deployments.gpu: "), 0u) << message;
  EXPECT_NE(message.find("RTX-4090"), string::npos) << "the nearest right name: " << message;
  EXPECT_NE(message.find("\ngateway.yaml:6:13: deployments.region: "), string::npos) << message;
  EXPECT_NE(message.find("\ngateway.yaml:4:12: deployments.model: "), string::npos) << message;
  EXPECT_NE(message.find("set catalog_model to the model of the catalog that is nearest in size"), string::npos);
  EXPECT_NE(message.find("the catalog knows no model \"gpt-9\" of openai"), string::npos) << message;
  EXPECT_NE(message.find("deployments.zone: "), string::npos) << message;
  EXPECT_NE(message.find("deployments.vendor: "), string::npos) << message;
}

TEST(Snapshot, AZoneOfTheFileNeedNotBeInTheCatalog) {
  const string own = "model: gpt-oss-20b, gpu: RTX-4090, zone: CAMPUS, price: { per_hour: 1 }";
  EXPECT_NE(refusal(deployments(own)).find("deployments.zone"), string::npos);
  const auto s = must_snapshot(deployments(own, "grid: { zones: { CAMPUS: { g_per_kwh: 12 } } }\n"));
  EXPECT_EQ(s->grid->at("CAMPUS", from_unix_ns(0)).value.g_per_kwh, 12);
}

TEST(Snapshot, TakesAMeasuredCurveAsItIs) {
  const auto d = resolve("model: gpt-oss-20b, gpu: H100, zone: FR, price: { per_hour: 2 }");
  ASSERT_TRUE(d->own);
  EXPECT_FALSE(d->vendor);
  EXPECT_TRUE(d->own->curve_measured);
  EXPECT_DOUBLE_EQ(d->own->hardware.weights.curve.a, 0.045347);
  EXPECT_DOUBLE_EQ(d->own->hardware.weights.curve.b, 3.0583);
  EXPECT_DOUBLE_EQ(d->own->hardware.curve_sigma, energy::sigma::curve);
  EXPECT_DOUBLE_EQ(d->own->speed.step_s0, 0.0067061);
  // 40 % of 989 TFLOPS, 2 FLOP for each of 3.6e9 active parameters
  EXPECT_NEAR(d->own->speed.prefill_tokens_per_s, 0.4 * 989e12 / (2 * 3.6e9), 1);
  EXPECT_EQ(d->context, 131072);
}

TEST(Snapshot, HardwareThatWasBoughtCostsItsWearAndItsElectricity) {
  const auto d = resolve(
      "model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { capex: 3506.4, life_years: 4, maintenance_per_year: "
      "87.66, "
      "electricity_per_kwh: 0.21 }");
  EXPECT_NEAR(to_euros(d->own->hardware.price.per_hour), 3506.4 / (4 * 8766) + 87.66 / 8766, 1e-6);
  EXPECT_EQ(d->own->hardware.price.electricity_per_kwh, euros(0.21));
}

TEST(Snapshot, DoubtsADerivedCurveMore) {
  const auto d = resolve("model: gpt-oss-20b, " + kOwn);
  EXPECT_FALSE(d->own->curve_measured);
  EXPECT_DOUBLE_EQ(d->own->hardware.weights.curve.a, 0.088446);
  EXPECT_DOUBLE_EQ(d->own->hardware.curve_sigma, 2 * energy::sigma::curve);
}

TEST(Snapshot, EstimatesWhatWasNeverMeasuredFromAnH100) {
  const auto d = resolve("model: llama-3.1-70b, gpu: T4, gpus: 16, zone: FR, price: { per_hour: 3 }");
  ASSERT_TRUE(d->own);
  EXPECT_FALSE(d->own->curve_measured);
  EXPECT_GT(d->own->hardware.weights.curve.a, 0);
  EXPECT_GT(d->own->hardware.weights.curve.b, 0);
  EXPECT_GT(d->own->hardware.curve_sigma, energy::sigma::curve);
  EXPECT_GT(d->own->speed.step_s0, 0);
  EXPECT_GE(d->own->speed.step_s1, 0);
  const auto h100 = resolve("model: llama-3.1-70b, gpu: H100, gpus: 16, zone: FR, price: { per_hour: 30 }");
  EXPECT_LT(h100->own->speed.step_s0, d->own->speed.step_s0) << "the newer card is faster";
  EXPECT_LT(h100->own->hardware.curve_sigma, d->own->hardware.curve_sigma) << "scaling to another card adds its doubt";
}

TEST(Snapshot, CatalogModelStandsInForANameThatTheCatalogDoesNotKnow) {
  const auto d = resolve("model: my-finetune, catalog_model: gpt-oss-20b, " + kOwn);
  EXPECT_EQ(d->model, "my-finetune");
  EXPECT_DOUBLE_EQ(d->own->hardware.weights.curve.a, 0.088446);
}

TEST(Snapshot, PriceByTheHourIsTheOperatorsElseTheCheapestOfTheRegionElseTheCheapest) {
  EXPECT_EQ(resolve("model: gpt-oss-20b, " + kOwn)->own->hardware.price.per_hour, euros(0.36));
  // vast-de has one RTX 4090 at 0.40 USD, and four at 1.39: the cheapest card of that region
  const auto here = resolve("model: gpt-oss-20b, gpu: RTX-4090, region: vast-de");
  EXPECT_NEAR(to_euros(here->own->hardware.price.per_hour), 1.39 / 4 * 0.9239, 1e-6);
  const auto two = resolve("model: gpt-oss-20b, gpu: RTX-4090, gpus: 2, region: vast-de");
  EXPECT_NEAR(to_euros(two->own->hardware.price.per_hour), 2 * 1.39 / 4 * 0.9239, 1e-6);
  const auto anywhere = resolve("model: gpt-oss-20b, gpu: RTX-4090, zone: FR");
  EXPECT_GT(anywhere->own->hardware.price.per_hour.raw(), 0);
  EXPECT_LE(anywhere->own->hardware.price.per_hour, here->own->hardware.price.per_hour);
  EXPECT_NE(refusal(deployments("model: gpt-oss-20b, gpu: MI300X, zone: FR")).find("has no price"), string::npos);
}

TEST(Snapshot, OwnHardwareMayBeBilledByTheTokenOrBeFree) {
  const auto d =
      resolve("model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { input_per_mtok: 0.1, output_per_mtok: 0.4 }");
  ASSERT_TRUE(d->own && d->token_price);
  EXPECT_EQ(d->own->hardware.price.per_hour, Money{});
  EXPECT_EQ(d->token_price->cached, euros(0.1)) << "the input price, where none is given for cached tokens";
  EXPECT_EQ(d->token_price->out, euros(0.4));
  const auto free = resolve("model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { free: true }");
  EXPECT_TRUE(free->free);
  EXPECT_EQ(free->own->hardware.price.per_hour, Money{});
}

TEST(Snapshot, ARegionGivesZoneAndPueAndTheFileGoesFirst) {
  const auto region = resolve("model: gpt-oss-20b, gpu: RTX-4090, region: ovh-gra, price: { per_hour: 1 }");
  EXPECT_EQ(region->zone, "FR");
  EXPECT_DOUBLE_EQ(region->own->hardware.site.pue, 1.09);
  EXPECT_DOUBLE_EQ(region->own->hardware.site.pue_sigma, energy::sigma::pue_table);
  const auto file =
      resolve("model: gpt-oss-20b, gpu: RTX-4090, region: ovh-gra, zone: DE, pue: 1.5, price: { per_hour: 1 }");
  EXPECT_EQ(file->zone, "DE");
  EXPECT_DOUBLE_EQ(file->own->hardware.site.pue, 1.5);
  const auto world = resolve("model: gpt-oss-20b, " + kOwn);
  EXPECT_DOUBLE_EQ(world->own->hardware.site.pue_sigma, energy::sigma::pue_unknown);
}

TEST(Snapshot, AVendorsModelHasItsSizeAndPriceFromTheCatalog) {
  const auto d = resolve("model: gpt-4o-mini, vendor: openai");
  ASSERT_TRUE(d->vendor);
  EXPECT_FALSE(d->own);
  EXPECT_EQ(d->zone, "US");
  EXPECT_DOUBLE_EQ(d->vendor->model.active_b, 18);
  EXPECT_DOUBLE_EQ(d->vendor->model.pue, 1.2);
  EXPECT_EQ(d->vendor->price.in, euros(0.15 * 0.9239));
  EXPECT_EQ(d->vendor->price.cached, euros(0.075 * 0.9239));
  EXPECT_EQ(d->vendor->price.out, euros(0.6 * 0.9239));
  EXPECT_EQ(d->context, 128000);
}

TEST(Snapshot, TheFilesPriceOfAVendorGoesFirst) {
  const auto d =
      resolve("model: gpt-4o-mini, vendor: openai, pue: 1.3, price: { input_per_mtok: 1, output_per_mtok: 2 }");
  EXPECT_EQ(d->vendor->price.in, euros(1));
  EXPECT_EQ(d->vendor->price.out, euros(2));
  EXPECT_DOUBLE_EQ(d->vendor->model.pue, 1.3);
  const auto free = resolve("model: gpt-4o-mini, vendor: openai, price: { free: true }");
  EXPECT_EQ(free->vendor->price.out, Money{});
}

TEST(Snapshot, AmountsAreInTheLedgersCurrency) {
  const auto dollars = resolve("model: gpt-4o-mini, vendor: openai", "ledger: { currency: USD }\n");
  EXPECT_EQ(dollars->vendor->price.out, euros(0.6)) << "of the ledger's currency";
  const auto rate = resolve("model: gpt-4o-mini, vendor: openai", "catalog: { exchange: { USD: 0.5 } }\n");
  EXPECT_EQ(rate->vendor->price.out, euros(0.3));
  const string message = refusal(deployments("model: gpt-4o-mini, vendor: openai", "ledger: { currency: XAF }\n"));
  EXPECT_NE(message.find("deployments: \"d\": "), string::npos) << message;
  EXPECT_NE(message.find("XAF"), string::npos) << message;
}

TEST(Snapshot, AHostedModelIsEstimatedAsAVendors) {
  const auto d = resolve("model: llama-3.1-8b, zone: FR, price: { input_per_mtok: 0.1, output_per_mtok: 0.2 }");
  ASSERT_TRUE(d->vendor);
  EXPECT_DOUBLE_EQ(d->vendor->model.active_b, 8.03);
  EXPECT_EQ(d->vendor->price.out, euros(0.2));
}

TEST(Snapshot, ControlComesFromItsFacts) {
  EXPECT_LT(resolve("model: gpt-oss-20b, " + kOwn)->control, 0.5) << "what nobody says is not under control";
  const string all =
      "operator: own, residency: guaranteed, tenancy: dedicated, keys: own, weights: open, tuning: full, ecc: \"yes\", "
      "licence: unrestricted, exit: days";
  const double home = resolve("model: gpt-oss-20b, control: { jurisdiction: home, " + all + " }, " + kOwn)->control;
  const double foreign =
      resolve("model: gpt-oss-20b, control: { jurisdiction: foreign, " + all + " }, " + kOwn)->control;
  EXPECT_NEAR(foreign / home, 0.6, 1e-9) << "the rubric's factor";
  const string message = refusal(deployments("model: gpt-oss-20b, control: { jurisdicton: home }, " + kOwn));
  EXPECT_NE(message.find("deployments: \"d\": "), string::npos) << message;
  EXPECT_NE(message.find("jurisdiction"), string::npos) << message;
}

TEST(Snapshot, HeadOfCallsHasTheHostAndTheKey) {
  const auto d = resolve("model: gpt-oss-20b, api_key: sk-up, " + kOwn);
  EXPECT_EQ(d->head, "Host: d.test\r\nAuthorization: Bearer sk-up\r\n");
  EXPECT_EQ(d->base_path, "/v1");
  EXPECT_EQ(resolve("model: gpt-oss-20b, " + kOwn)->head, "Host: d.test\r\n");
}

TEST(Snapshot, EndpointsLimitWhatADeploymentServes) {
  const auto all = resolve("model: gpt-oss-20b, " + kOwn);
  const auto some = resolve("model: gpt-oss-20b, endpoints: [chat, responses], " + kOwn);
  const auto rest = resolve("model: gpt-oss-20b, endpoints: [completions, embeddings, other], " + kOwn);
  using llm::Endpoint;
  for (const auto e :
       {Endpoint::chat, Endpoint::completions, Endpoint::embeddings, Endpoint::responses, Endpoint::other}) {
    EXPECT_TRUE(all->serves(e));
    EXPECT_EQ(some->serves(e), e == Endpoint::chat || e == Endpoint::responses);
    EXPECT_NE(some->serves(e), rest->serves(e));
  }
}

TEST(Snapshot, OnlyASimulatedEngineOnOwnHardwareIsMetered) {
  const auto sim = resolve("model: gpt-oss-20b, engine: sim, " + kOwn);
  EXPECT_TRUE(sim->simulated);
  EXPECT_TRUE(sim->metered());
  EXPECT_EQ(sim->metrics->text(), "http://d.test/metrics");
  EXPECT_FALSE(resolve("model: gpt-oss-20b, engine: vllm, " + kOwn)->metered());
  EXPECT_FALSE(resolve("model: gpt-oss-20b, engine: sim, zone: FR, price: { input_per_mtok: 1, output_per_mtok: 1 }")
                   ->metered());
}

TEST(Snapshot, AProxyIsForWhatIsNotHere) {
  const string proxy = "proxy: http://me:pw@proxy.test:3128\n";
  const auto far = resolve("model: gpt-oss-20b, " + kOwn, proxy);
  ASSERT_TRUE(far->origin.proxy);
  EXPECT_EQ(far->origin.proxy->host, "proxy.test");
  EXPECT_EQ(far->origin.proxy->port, 3128);
  EXPECT_EQ(far->origin.proxy_credentials, "me:pw");
  string here = deployments("model: gpt-oss-20b, " + kOwn, proxy);
  here.replace(here.find("d.test"), 6, "localhost");
  EXPECT_FALSE(must_snapshot(here)->deployments[0]->origin.proxy);
}

TEST(Snapshot, ACertificateThatIsNotThereIsRefusedByItsName) {
  string yaml = deployments("model: gpt-oss-20b, ca: /no/such/ca.pem, " + kOwn);
  yaml.replace(yaml.find("http://"), 7, "https://");
  const string message = refusal(yaml);
  EXPECT_NE(message.find("deployments: \"d\": "), string::npos) << message;
  EXPECT_NE(message.find("/no/such/ca.pem"), string::npos) << message;
}

TEST(Snapshot, ADeploymentOnHttpsIsCalledByTls) {
  string yaml = deployments("model: gpt-oss-20b, server_name: engine.internal, " + kOwn);
  yaml.replace(yaml.find("http://"), 7, "https://");
  const auto d = must_snapshot(yaml)->deployments[0];
  EXPECT_TRUE(d->origin.tls);
  EXPECT_EQ(d->origin.server_name, "engine.internal");
  EXPECT_EQ(d->origin.address.port, 443);
}

TEST(Snapshot, ReadsTheGridsFiles) {
  TempDir dir;
  const auto file = (dir.path() / "grid.csv").string();
  std::ofstream(file) << "ts_utc,FR,DE\n2023-11-14T22:00:00Z,41,377\n2023-11-14T23:00:00Z,43,380\n";
  const auto s = must_snapshot(
      deployments("model: gpt-oss-20b, " + kOwn, "grid: { zones: { FR: { file: \"" + file + "\" } } }\n"));
  const Wall t = *parse_iso8601("2023-11-14T22:13:00Z");
  EXPECT_EQ(s->grid->at("FR", t).value.g_per_kwh, 41);
  EXPECT_TRUE(s->grid->at("FR", t).hourly());
  EXPECT_NE(refusal(deployments("model: gpt-oss-20b, " + kOwn, "grid: { zones: { SE: { file: \"" + file + "\" } } }\n"))
                .find("has no column for this zone"),
            string::npos);
  EXPECT_NE(refusal(deployments("model: gpt-oss-20b, " + kOwn, "grid: { zones: { FR: { file: /no/such.csv } } }\n"))
                .find("/no/such.csv"),
            string::npos);
}

TEST(Snapshot, TheBaselineIsADeploymentOrAVendorsModel) {
  const string own = "model: gpt-oss-20b, " + kOwn;
  const auto ours = must_snapshot(deployments(own, "baseline: { deployment: d }\n"));
  ASSERT_TRUE(ours->baseline);
  EXPECT_EQ(ours->baseline->name, "deployment d");
  EXPECT_EQ(ours->baseline->deployment, ours->deployments[0]);
  EXPECT_EQ(ours->baseline->zone, "FR");
  const auto vendor = must_snapshot(deployments(own, "baseline: { vendor: openai, model: gpt-4o-mini }\n"));
  EXPECT_EQ(vendor->baseline->name, "openai gpt-4o-mini");
  EXPECT_EQ(vendor->baseline->zone, "US");
  EXPECT_DOUBLE_EQ(vendor->baseline->vendor->model.active_b, 18);
  const auto zone = must_snapshot(deployments(own, "baseline: { vendor: openai, model: gpt-4o-mini, zone: DE }\n"));
  EXPECT_EQ(zone->baseline->zone, "DE");
  EXPECT_FALSE(must_snapshot(deployments(own))->baseline);
}

TEST(Snapshot, KeysAreFoundByTheirHash) {
  const auto s = must_snapshot(Sample{}.yaml());
  const Key* one = s->key(hash_key("sk-one"));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->tenant.key, "one");
  EXPECT_EQ(s->key(hash_key("sk-on")), nullptr);
  KeyHash near = hash_key("sk-one");
  near.back() ^= 1;
  EXPECT_EQ(s->key(near), nullptr) << "all bytes count, not only those that it is sorted by";
  EXPECT_FALSE(s->anonymous);
}

TEST(Snapshot, LiveStateOfADeploymentOutlastsAReload) {
  const Sample sample;
  const auto first = must_snapshot(sample.yaml());
  const auto second = must_snapshot(sample.yaml(), first.get());
  EXPECT_NE(first->deployments[0], second->deployments[0]);
  EXPECT_EQ(first->deployments[0]->state, second->deployments[0]->state);
  EXPECT_NE(first->deployments[0]->state, first->deployments[1]->state);
  EXPECT_EQ(first->generation, 1);
  EXPECT_EQ(second->generation, 2);
}

TEST(Snapshot, ACatalogFolderThatIsNotThereIsRefused) {
  const auto config = load_text(deployments("model: gpt-oss-20b, " + kOwn, "catalog: { dir: /no/such/folder }\n"));
  const auto catalog = load_catalog(*config);
  ASSERT_FALSE(catalog);
  EXPECT_NE(catalog.error().message.find("/no/such/folder"), string::npos) << catalog.error().message;
}

}  // namespace
}  // namespace trine::gateway::test::snapshot_test
