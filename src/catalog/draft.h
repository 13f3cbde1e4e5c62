// A catalog while it is read: the tables, and the references that can only be checked when all files are in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "yaml/fields.h"

namespace trine::catalog {

struct Reference {
  Kind kind;
  std::string name;
  std::string at;     // "file:line:column"
  std::string field;  // as the file calls it
};

struct Draft {
  Tables tables;
  std::vector<Reference> references;
  struct Definition {
    std::string_view table;
    std::string name, at;
  };
  std::vector<Definition> definitions;  // names that may stand once per table

  void refers(yaml::Fields& f, Kind kind, std::string_view field, const std::string& name) {
    if (f.has(field)) references.push_back({kind, name, f.at(f.where(field)), std::string(field)});
  }
  void defines(yaml::Fields& f, std::string_view table, std::string_view field, const std::string& name) {
    if (!name.empty()) definitions.push_back({table, name, f.at(f.where(field))});
  }
};

// Each reads one kind of file.
void read_sources(yaml::Fields& f, Draft& d);
void read_zones(yaml::Fields& f, Draft& d);
void read_profiles(yaml::Fields& f, Draft& d);
void read_regions(yaml::Fields& f, Draft& d);
void read_gpus(yaml::Fields& f, Draft& d);
void read_models(yaml::Fields& f, Draft& d);
void read_curves(yaml::Fields& f, Draft& d);
void read_instances(yaml::Fields& f, Draft& d);
void read_vendors(yaml::Fields& f, Draft& d);
void read_vendor_models(yaml::Fields& f, Draft& d);
void read_exchange(yaml::Fields& f, Draft& d);

// Fields that many rows share.
void read_source(yaml::Fields& f, Draft& d, std::string& out, std::string_view field = "source");
void read_range(yaml::Fields& f, std::string_view field, std::string_view doc, Range& out);

inline const std::vector<std::pair<std::string_view, Arch>> kArchs = {
    {"dense", Arch::dense}, {"moe", Arch::moe}, {"hybrid", Arch::hybrid}};

}  // namespace trine::catalog
