#include "base/error.h"

#include <stdexcept>

namespace trine {

const char* name(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return "invalid_argument";
    case Code::not_found:
      return "not_found";
    case Code::already_exists:
      return "already_exists";
    case Code::permission_denied:
      return "permission_denied";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::failed_precondition:
      return "failed_precondition";
    case Code::out_of_range:
      return "out_of_range";
    case Code::resource_exhausted:
      return "resource_exhausted";
    case Code::cancelled:
      return "cancelled";
    case Code::deadline_exceeded:
      return "deadline_exceeded";
    case Code::unavailable:
      return "unavailable";
    case Code::data_loss:
      return "data_loss";
    case Code::internal:
      return "internal";
    case Code::unimplemented:
      return "unimplemented";
  }
  return "unknown";
}

void throw_error(const Error& e) {
  throw std::runtime_error(e.message);
}

}  // namespace trine
