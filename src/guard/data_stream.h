// Personal data, keys and passwords in an answer that comes in pieces: cut out, or the end of it. It is read
// without the escapes of JSON, once (not as it stands, nor twice, as requests are too); what stands in the place of
// what was cut leaves them whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "guard/pii/policy.h"
#include "guard/plain_text.h"
#include "guard/secret_stream.h"

namespace trine::guard {

struct DataPolicy {
  PiiPolicy personal;
  PiiAction secrets = PiiAction::allow;
  bool any() const;
};

// One stream, one thread. Scanner and policy outlive it.
class DataStream {
 public:
  DataStream(std::shared_ptr<const RuleSet> rules, const PiiScanner& scanner, const DataPolicy& policy)
      : policy_(policy), secrets_(std::move(rules)), personal_(scanner) {}
  // Appends what may go out.
  void push(std::string_view piece, RuleScratch& scratch, std::string& out) { go_on(piece, false, scratch, out); }
  void finish(RuleScratch& scratch, std::string& out) { go_on({}, true, scratch, out); }
  // Something must not go out: nothing that came out with it may be used, and nothing more comes.
  bool blocked() const { return blocked_; }

 private:
  void go_on(std::string_view piece, bool whole, RuleScratch& scratch, std::string& out);
  void without_secrets(std::string_view piece, bool whole, RuleScratch& scratch, std::string& out);
  void without_personal_data(std::string_view piece, bool whole, std::string& out);

  const DataPolicy& policy_;
  PlainStream before_secrets_, before_personal_;
  SecretStream secrets_;
  PiiStream personal_;
  bool blocked_ = false;
};

}  // namespace trine::guard
