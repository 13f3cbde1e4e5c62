// Forms of values that several parts of the configuration have. Internal.
#pragma once

#include <optional>
#include <string>

#include "gateway/config/address.h"
#include "yaml/fields.h"

namespace trine::gateway {

yaml::Type form(std::string says, std::string pattern = {});

void name_field(yaml::Fields& f, const yaml::Field& field, std::string& out);   // travels in headers, URLs and reports
void label_field(yaml::Fields& f, const yaml::Field& field, std::string& out);  // any language, but one line
void url_field(yaml::Fields& f, const yaml::Field& field, Url& out);
void url_field(yaml::Fields& f, const yaml::Field& field, std::optional<Url>& out);

}  // namespace trine::gateway
