// trine config reference | schema: docs/config.md and docs/config.schema.json.
#include "cli/commands.h"
#include "cli/say.h"
#include "gateway/config/config.h"

namespace trine::cli {

int run_config_docs(const ConfigDocsOptions& o) {
  say(o.what == ConfigDocsOptions::What::schema ? gateway::config_schema_json() : gateway::config_reference_markdown());
  return kOk;
}

}  // namespace trine::cli
