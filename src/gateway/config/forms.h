// Forms of values that several parts of the configuration have. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "gateway/config/address.h"
#include "yaml/fields.h"

namespace trine::gateway {

inline constexpr int64_t kKiB = 1 << 10, kMiB = 1 << 20, kGiB = 1 << 30;

yaml::Type form(std::string says, std::string pattern = {});

void name_field(yaml::Fields& f, const yaml::Field& field, std::string& out);   // travels in headers, URLs and reports
void label_field(yaml::Fields& f, const yaml::Field& field, std::string& out);  // any language, but one line
void url_field(yaml::Fields& f, const yaml::Field& field, Url& out);
void url_field(yaml::Fields& f, const yaml::Field& field, std::optional<Url>& out);
void offset_field(yaml::Fields& f, const yaml::Field& field, Nanos& out);  // of local time from UTC

}  // namespace trine::gateway
