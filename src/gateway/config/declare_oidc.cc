// oidc and client_certs: who comes without a key of ours, and what they may do. egress: where the URLs may lead that
// others write.
#include <algorithm>

#include "base/text.h"
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using yaml::Fields;
using yaml::required;

void declare_rights(Fields& f, RightsConfig& rights) {
  label_field(f, {"org", "Organisation that pays."}, rights.org);
  label_field(f, {"team", "Team in it."}, rights.team);
  label_field(f, {"project", "Project of the team."}, rights.project);
  label_field(f, {"workload", "Class of traffic, where a request does not say."}, rights.workload);
  f.texts({"routes", "Routes that it may use; all if absent."}, rights.routes);
  f.words({"endpoints", "What it may ask for; all if absent."}, rights.endpoints,
          {"chat", "completions", "embeddings", "responses", "other"});
}

// As openssl prints it (AB:CD:...) or in a row.
std::optional<std::string> parse_fingerprint(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ':') out += (c >= 'A' && c <= 'F') ? static_cast<char>(c - 'A' + 'a') : c;
  if (out.size() != 64 || out.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  return out;
}

// A name or an address, perhaps below "*.", perhaps with a port. "*" alone would be everything.
bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.empty() || text.front() == '.' || (text.front() == ':' && !text.starts_with("::"))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  });
}

}  // namespace

void declare_client_cert(Fields& f, ClientCertConfig& cert) {
  f.text({"san", "A URI or DNS name in the certificate: spiffe://example.org/billing"}, cert.san);
  f.text({"cn", "Or its subject's common name."}, cert.cn);
  f.parsed({"fingerprint", "Or its SHA-256, as `openssl x509 -fingerprint -sha256` prints it."}, cert.fingerprint,
           form("fingerprint", "^([0-9A-Fa-f]{2}:?){32}$"), "", "is not 64 hexadecimal digits.", parse_fingerprint);
  declare_rights(f, cert.rights);
  f.check([&f] {
    if ((f.has("san") ? 1 : 0) + (f.has("cn") ? 1 : 0) + (f.has("fingerprint") ? 1 : 0) != 1)
      f.complain(f.where(), "client_certs: give one of san, cn and fingerprint.");
  });
}

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
              declare_rights(g, group.rights);
              g.choice({"role", "On the admin port."}, group.role,
                       {{"none", protect::Role::none},
                        {"viewer", protect::Role::viewer},
                        {"operator", protect::Role::operator_},
                        {"admin", protect::Role::admin}});
            });
  f.texts({"key_hosts", "Hosts besides the issuer's that its keys may be fetched from."}, o.key_hosts);
  f.texts({"internal", "Blocks of addresses (10.0.0.0/8) where the provider is, if it is not on the internet."},
          o.internal);
  f.text({"ca", "PEM file of the authority that signed its certificate."}, o.ca);
}

void declare_egress(Fields& f, EgressConfig& e) {
  using namespace std::chrono_literals;
  f.texts({"hosts",
           "Hosts of URLs that requests may hold: images.example.org, *.example.org, with :port where it is not "
           "the scheme's own; none if absent."},
          e.hosts);
  f.texts(
      {"internal", "Blocks of addresses (10.0.0.0/8) that are not public, and where those hosts may be all the same."},
      e.internal);
  f.boolean({"plain_http", "Allow http:// besides https://."}, e.plain_http);
  f.boolean({"fetch",
             "The gateway fetches images and sends them on as data: URLs; false: the engine does, after the check "
             "and by a look-up of its own."},
            e.fetch);
  f.size({"max_bytes", "Of one request's images together."}, e.max_bytes, 1 << 10, int64_t{1} << 30);
  f.duration({"timeout", "To fetch or check all URLs of a request."}, e.timeout, 1ms, 10min);
  f.text({"ca", "PEM file of the authority that signed the hosts' certificates; the system's if absent."}, e.ca);
  f.check([&f, &e] {
    for (size_t i = 0; i < e.hosts.size(); ++i)
      if (!is_host_pattern(e.hosts[i]))
        f.complain(f.where("hosts", i), fmt::format("egress.hosts: \"{}\" is no host such as images.example.org, "
                                                    "*.example.org or 10.1.2.3:8080.",
                                                    e.hosts[i]));
    for (size_t i = 0; i < e.internal.size(); ++i)
      if (!Cidr::parse(e.internal[i]))
        f.complain(f.where("internal", i), fmt::format("egress.internal: \"{}\" is no block of addresses such as "
                                                       "10.0.0.0/8 (no bits set behind the prefix).",
                                                       e.internal[i]));
  });
}

}  // namespace trine::gateway
