#include "guard/part.h"

namespace trine::guard {

std::string_view name(Provenance p) {
  switch (p) {
    case Provenance::user:
      return "user";
    case Provenance::system:
      return "system";
    case Provenance::assistant:
      return "assistant";
    case Provenance::tool:
      return "tool";
    case Provenance::document:
      return "document";
  }
  return "";
}

}  // namespace trine::guard
