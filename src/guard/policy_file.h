// The policy file, which leaders can read and sign: docs/guard-policy.md. What it leaves out is as in the policy built
// into the program (models/guard/policy.yaml); what a named policy leaves out is as in the file's `default`.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "guard/judge.h"
#include "guard/policy.h"
#include "yaml/fields.h"

namespace trine::guard {

struct JudgeSettings {
  std::optional<JudgeFamily> family;  // none: nobody judges
  std::string model;                  // as the deployment that serves it is called
  Nanos timeout = std::chrono::seconds(2);
};

struct PolicyFile {
  int64_t version = 1;
  std::string name;
  std::string owner;  // whom to ask
  JudgeSettings judge;
  std::map<std::string, std::string> messages;  // what a caller is told, by language
  Policy standard;                              // `default`
  std::map<std::string, Policy, std::less<>> named;
  std::string fingerprint;  // of the file's text, for caches and records: 16 hex digits

  // What applies where a route and a key each may choose by name; empty: no choice. The stricter one of both choices in
  // each item; `default` where neither chooses. not_found: names the nearest policy.
  Result<Policy> chosen(std::string_view by_route, std::string_view by_key) const;
};

// `personal_data`: the types that may be named (none: the file can name none). The error's message has one
// "file:line:column: sentence" per line.
Result<PolicyFile> read_policy(const std::string& file, std::string_view text,
                               std::span<const std::string_view> personal_data = {});
Result<PolicyFile> load_policy(const std::string& path, std::span<const std::string_view> personal_data = {});
// The one built into the program. Throws at start-up if the program was built with one that cannot be read, which a
// test excludes.
PolicyFile built_in_policy();

// The reference of the file's keys, in Markdown.
std::string policy_reference(std::span<const std::string_view> personal_data = {});

// All of it in sentences: the default, then each named policy where it differs.
std::vector<std::string> describe(const PolicyFile& file);

}  // namespace trine::guard
