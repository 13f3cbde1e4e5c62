// What the loader's steps share: a configuration in the making, and where its names stand in the file. Internal.
#pragma once

#include <vector>

#include "gateway/config/config.h"
#include "yaml/fields.h"

namespace trine::gateway {

struct Draft {
  struct KeyMarks {
    yaml::Mark id, secret;
    std::vector<yaml::Mark> routes;
  };
  struct MeterMarks {
    yaml::Mark name;
  };
  struct DeploymentMarks {
    yaml::Mark name, meter, host_meter;
  };
  struct RouteMarks {
    yaml::Mark model, zones, embeddings;
    std::vector<yaml::Mark> deployments, fallbacks;
  };

  Config config;
  std::vector<KeyMarks> keys;  // each as long as its list in config
  std::vector<MeterMarks> meters;
  std::vector<DeploymentMarks> deployments;
  std::vector<RouteMarks> routes;
  yaml::Mark listen_admin, baseline_deployment;
};

void declare(yaml::Fields& f, Draft& draft);  // declare.cc: the file's shape, and what one map says of itself
void declare_meter(yaml::Fields& f, MeterConfig& meter, Draft::MeterMarks& marks);  // declare_meter.cc
void declare_price(yaml::Fields& f, PriceConfig& price);                            // declare_price.cc
void declare_oidc(yaml::Fields& f, OidcConfig& oidc);                               // declare_oidc.cc
void declare_client_cert(yaml::Fields& f, ClientCertConfig& cert);                  // declare_oidc.cc
void declare_egress(yaml::Fields& f, EgressConfig& egress);                         // declare_oidc.cc
void declare_choice(yaml::Fields& f, RouteConfig& route);  // declare_choice.cc: what binds the choice, beside weights
void declare_route_cache(yaml::Fields& f, Draft::RouteMarks& marks, RouteCacheConfig& cache);  // declare_cache.cc
void declare_cache_memory(yaml::Fields& f, Config& config);                                    // declare_cache.cc
void declare_guard(yaml::Fields& f, GuardConfig& guard);                                       // declare_guard.cc
void declare_documents(yaml::Fields& f, DocumentsConfig& documents);                           // declare_documents.cc
void declare_document_steps(yaml::Fields& f, DocumentStepsConfig& steps);
void declare_files(yaml::Fields& f, Config& config);            // declare_files.cc: vault, files, document_jobs
void declare_limits(yaml::Fields& f, protect::Limits& limits);  // declare_limits.cc
void declare_protection(yaml::Fields& f, Config& config);       // orgs, teams, budgets
void declare_signals(yaml::Fields& f, Config& config);          // declare_signals.cc: traces, notifications
void inherit(Config& config);                                   // a team's organisation
void note_doubts(Config& config);
void cross_check(yaml::Fields& f, Draft& draft);  // check.cc: names that must be unique, known, reachable
void finish(Draft& draft);                        // config.cc: defaults that follow from other values, indices

}  // namespace trine::gateway
