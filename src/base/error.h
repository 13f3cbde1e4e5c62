// Errors as values. Exceptions only at start-up and inside adapters of libraries that throw.
#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace trine {

// Canonical codes (the gRPC set, which every operator knows). The client-visible table is llm/errors.h.
enum class Code {
  invalid_argument,
  not_found,
  already_exists,
  permission_denied,
  unauthenticated,
  failed_precondition,
  out_of_range,
  resource_exhausted,
  cancelled,
  deadline_exceeded,
  unavailable,
  data_loss,
  internal,
  unimplemented,
};

const char* name(Code code);

struct Error {
  Code code = Code::internal;
  std::string message;  // a sentence a person can act on; never holds a secret
};

template <class T>
using Result = tl::expected<T, Error>;

template <class... Args>
tl::unexpected<Error> fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

// Thrown at start-up only (configuration, listeners, missing files).
[[noreturn]] void throw_error(const Error& e);

}  // namespace trine
