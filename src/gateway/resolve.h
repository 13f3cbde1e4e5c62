// One deployment of the configuration, with the catalog's figures; its grid sources. Part of make_snapshot.
#pragma once

#include <memory>

#include "gateway/snapshot.h"

namespace trine::gateway {

// Errors: a sentence without place (a certificate that cannot be read, a price in a currency without a rate).
// REQUIRES: the names that Config::catalog_refs lists are known to the catalog.
Result<std::shared_ptr<Deployment>> resolve_deployment(const Config& config, const DeploymentConfig& d,
                                                       const catalog::Catalog& catalog);

// A vendor's model by the catalog; `price` of the configuration goes first.
Result<fleet::VendorService> resolve_vendor(const catalog::Catalog& catalog, const std::string& vendor,
                                            const std::string& model, const PriceConfig& price,
                                            const std::string& currency);

// A key without tenant.key and role.
Key resolve_rights(const RightsConfig& rights);

// Bits of score::Endpoint; all for an empty list. Names that are none are left out.
uint32_t endpoint_bits(const std::vector<std::string>& names);

// Sources without zones get those of the deployments and the baseline that they know. Errors: invalid_argument.
Result<std::vector<grid::SourceSpec>> resolve_grid_sources(const Snapshot& s);

}  // namespace trine::gateway
