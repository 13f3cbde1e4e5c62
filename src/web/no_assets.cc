// In place of the generated file where the pages could not be built.
#include "web/assets.h"

namespace trine::web {

std::span<const Asset> assets() {
  return {};
}

}  // namespace trine::web
