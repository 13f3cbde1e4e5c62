// oidc: providers whose tokens stand for keys.
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {

using yaml::Fields;
using yaml::required;

void declare_oidc(Fields& f, OidcConfig& o) {
  f.text(required("issuer", "Exactly as its tokens say it: https://login.example.org"), o.issuer);
  f.text({"jwks_url", "Where its public keys are; without it, by discovery at the issuer."}, o.jwks_url);
  f.texts(required("audiences", "A token must be for one of these."), o.audiences);
  f.words({"algorithms", "That its tokens may be signed with; all three if absent."}, o.algorithms,
          {"RS256", "ES256", "EdDSA"});
  f.text({"claim", "Whose values name groups: a text or a list of texts."}, o.claim);
  f.objects(required("groups", "Who may use the gateway; of several that a token has, the first here counts."),
            o.groups, [](Fields& g, OidcGroupConfig& group) {
              g.text(required("value", "Of the claim."), group.value);
              label_field(g, {"org", "Organisation that pays."}, group.org);
              label_field(g, {"team", "Team in it."}, group.team);
              label_field(g, {"project", "Project of the team."}, group.project);
              label_field(g, {"workload", "Class of traffic, where a request does not say."}, group.workload);
              g.texts({"routes", "Routes that it may use; all if absent."}, group.routes);
              g.words({"endpoints", "What it may ask for; all if absent."}, group.endpoints,
                      {"chat", "completions", "embeddings", "responses", "other"});
            });
  f.texts({"key_hosts", "Hosts besides the issuer's that its keys may be fetched from."}, o.key_hosts);
  f.texts({"internal", "Blocks of addresses (10.0.0.0/8) where the provider is, if it is not on the internet."},
          o.internal);
  f.text({"ca", "PEM file of the authority that signed its certificate."}, o.ca);
}

}  // namespace trine::gateway
